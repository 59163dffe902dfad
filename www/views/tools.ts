// The tools under the picture: what a pointer does on it, undo and redo, how close one looks.

import { redo, tell, undo } from '../actions.js';
import { selectedPhoto } from '../state.js';
import type { Photo, Store } from '../state.js';
import { percent, words } from '../words/index.js';
import type { Drawing, Tool } from './drawing.js';
import { element, icon, setAttributes, setText } from './element.js';
import type { Frame } from './frame.js';

export interface Tools {
  readonly node: HTMLElement;
  /** What to do now, in a sentence; the brush's width beside it. */
  readonly hint: HTMLElement;
  readonly mark: HTMLButtonElement;
  readonly update: (photo: Photo) => void;
  readonly zoomed: () => void;
  /** Keys, wherever the focus is on the bench. Returns whether the key was meant for the tools. */
  readonly key: (event: KeyboardEvent) => boolean;
}

export function tools(store: Store, frame: Frame, draw: Drawing): Tools {
  const text = words().tools;
  const hintText = element('span', {});
  const width = element('input', { class: 'brush-size', type: 'range', min: 2, max: 30, value: 8, 'aria-label': text.brushSize });
  const hint = element('p', { class: 'stage-hint' }, hintText, width);
  width.addEventListener('input', () => draw.brush(width.valueAsNumber / 100));

  const hints: Readonly<Record<Tool, string>> = { hand: text.hintHand, box: text.hintBox, brush: text.hintBrush };
  const radios = ([['hand', 'hand', text.hand], ['box', 'box', text.box], ['brush', 'brush', text.brush]] as const).map(([tool, symbol, name]) => {
    const input = element('input', { type: 'radio', name: 'tool', value: tool, 'aria-label': name });
    input.addEventListener('change', () => input.checked && use(tool));
    return { tool, input, label: element('label', { class: 'tool', title: name }, input, icon(symbol)) };
  });
  const mark = element('button', { class: 'button on-plate', type: 'button' }, icon('mark'), text.mark);
  mark.addEventListener('click', () => draw.markMiddle());

  const undoing = toolButton('undo', text.undo, () => step('undo'));
  const redoing = toolButton('redo', text.redo, () => step('redo'));
  setAttributes(undoing, { 'aria-keyshortcuts': 'Control+Z' });
  setAttributes(redoing, { 'aria-keyshortcuts': 'Control+Y' });
  const closer = toolButton('closer', text.closer, () => zoomBy(ZOOM_STEP));
  const farther = toolButton('farther', text.farther, () => zoomBy(1 / ZOOM_STEP));
  const whole = element('button', { class: 'tool zoom-value', type: 'button', title: text.whole });
  whole.addEventListener('click', () => zoomBy(0));
  const outlined = element('button', { class: 'tool', type: 'button', 'aria-pressed': 'true', 'aria-label': text.outlines, title: text.outlines }, icon('eye'));
  outlined.addEventListener('click', () => {
    const on = outlined.getAttribute('aria-pressed') !== 'true';
    setAttributes(outlined, { 'aria-pressed': String(on) });
    frame.sheet.classList.toggle('bare', !on);
  });
  const node = element(
    'div',
    { class: 'stage-tools' },
    mark,
    element('div', { class: 'tool-group', role: 'radiogroup', 'aria-label': text.group }, ...radios.map(({ label }) => label)),
    element('div', { class: 'tool-group' }, undoing, redoing),
    element('div', { class: 'tool-group', role: 'group', 'aria-label': text.zoom }, farther, whole, closer),
    element('div', { class: 'tool-group' }, outlined),
  );
  // A finger that drags over the picture scrolls the page, unless it is asked to draw.
  use(matchMedia('(pointer: coarse)').matches ? 'hand' : 'box');
  zoomed();
  return { node, hint, mark, update, zoomed, key };

  function use(tool: Tool): void {
    draw.use(tool);
    for (const radio of radios) radio.input.checked = radio.tool === tool;
    setText(hintText, hints[tool]);
    width.hidden = tool !== 'brush';
  }

  function update({ found, past, future }: Photo): void {
    setAttributes(mark, { disabled: found === undefined });
    // A disabled button would lose the focus to nowhere while it is used.
    setAttributes(undoing, { 'aria-disabled': String(past.length === 0) });
    setAttributes(redoing, { 'aria-disabled': String(future.length === 0) });
  }

  function zoomed(): void {
    setText(whole, percent(frame.zoom()));
    setAttributes(whole, { 'aria-label': `${text.whole}, ${percent(frame.zoom())}` });
    setAttributes(farther, { 'aria-disabled': String(frame.zoom() === 1) });
    // All of it is seen: there is nothing to move, and fingers scroll the page.
    frame.sheet.classList.toggle('whole', frame.zoom() === 1);
  }

  function zoomBy(factor: number): void {
    frame.zoomTo(factor === 0 ? 1 : frame.zoom() * factor);
    tell(store, words().live.zoom(percent(frame.zoom())));
  }

  function step(direction: 'undo' | 'redo'): void {
    const photo = selectedPhoto(store.state);
    if (photo === undefined || photo[direction === 'undo' ? 'past' : 'future'].length === 0) return;
    if (direction === 'undo') undo(store, photo.id);
    else redo(store, photo.id);
    tell(store, words().live[direction === 'undo' ? 'undone' : 'redone']);
  }

  function key(event: KeyboardEvent): boolean {
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === 'z') step(event.shiftKey ? 'redo' : 'undo');
    else if (command && event.key.toLowerCase() === 'y') step('redo');
    else if (command || event.altKey) return false;
    else if (event.key === '+' || event.key === '=') zoomBy(ZOOM_STEP);
    else if (event.key === '-') zoomBy(1 / ZOOM_STEP);
    else if (event.key === '0') zoomBy(0);
    else return false;
    return true;
  }
}

function toolButton(symbol: string, name: string, action: () => void): HTMLButtonElement {
  const made = element('button', { class: 'tool', type: 'button', 'aria-label': name, title: name }, icon(symbol));
  made.addEventListener('click', action);
  return made;
}

const ZOOM_STEP = 1.5;
