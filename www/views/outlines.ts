// Outlines over the picture: faces, what may be faces, and places marked by hand. Each is a button that covers or spares its
// place. Marks can be moved and resized, by pointer and by keyboard.

import type { Region } from 'darkslide';

import { activate, changeMark } from '../actions.js';
import { shifted, stretched, within } from '../geometry.js';
import type { Point } from '../geometry.js';
import type { Mode } from '../settings.js';
import type { Mark, Photo, PlaceKey, State, Store } from '../state.js';
import { words } from '../words/index.js';
import { element, keyedList, setAttributes, setText } from './element.js';
import type { Row } from './element.js';
import type { Frame } from './frame.js';
import { gesture } from './gesture.js';
import { coverage, fitted, placesOf, removePlace, togglePlace } from './places.js';
import type { Place } from './places.js';

type Item = Place & { readonly rowKey: string; readonly pending: Mode | undefined };

export interface Outlines {
  readonly node: HTMLElement;
  readonly update: (photo: Photo, state: State) => void;
  readonly focus: (key: PlaceKey) => void;
  /** Whether the last file shows something covered that no longer is. */
  readonly uncovers: () => boolean;
}

/** `refocus` takes the focus from a mark that is removed. */
export function outlines(store: Store, frame: Frame, refocus: () => void): Outlines {
  const list = element('div', { class: 'outlines' });
  const help = element('span', { class: 'visually-hidden', id: 'mark-help' }, words().place.help);
  const node = element('div', { class: 'layer', role: 'group', 'aria-label': words().stage.layer }, list, help);
  const rows = keyedList<Item>(list, ({ rowKey }) => rowKey, (item) => (item.kind === 'mark' ? markRow(item.mark.id) : faceRow(item.kind)));
  let photo: Photo | undefined;
  let uncovers = false;

  return { node, update, focus: (key) => list.querySelector<HTMLElement>(`[data-place="${key}"]`)?.focus(), uncovers: () => uncovers };

  function update(now: Photo, { settings }: State): void {
    photo = now;
    const places = now.found === undefined ? [] : placesOf(now, settings);
    const covered = coverage(now, now.edits, settings);
    const saved = now.result === undefined ? undefined : coverage(now, now.result.edits, settings);
    uncovers = [...(saved ?? [])].some(([key, how]) => covered.get(key) !== how);
    rows(
      places.map((place) => {
        const isNew = saved !== undefined && place.covered && saved.get(place.key) !== covered.get(place.key);
        return { ...place, rowKey: `${now.id} ${now.found?.look} ${place.key}`, pending: isNew ? (place.mode ?? settings.cover) : undefined };
      }),
    );
    node.classList.toggle('ready', now.found !== undefined);
  }

  function faceRow(kind: 'face' | 'maybe'): Row<Item> {
    const made = outline(kind);
    return { node: made.button, update: made.show };
  }

  function markRow(id: number): Row<Item> {
    const { button, show, isMoved, moved } = outline('mark');
    const grip = element('span', { class: 'grip', 'aria-hidden': 'true' });
    button.append(grip);
    setAttributes(button, { 'aria-describedby': 'mark-help', 'aria-keyshortcuts': 'Delete' });
    let current: Mark | undefined;
    button.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || current === undefined || node.dataset['tool'] === 'brush') return;
      event.stopPropagation();
      const resizes = event.target === grip;
      const start = current.region;
      isMoved(false);
      const follow = (by: Point): Region => (resizes ? within(stretched(start, by), frame.size()) : within(shifted(start, by), frame.size()));
      gesture(frame, event, (by) => {
        if (Math.hypot(by.x, by.y) > 0) isMoved(true);
        frame.place(button, follow(by));
      }, (by) => {
        if (photo && current && moved()) changeMark(store, photo.id, id, fitted(current, follow(by)));
      });
    });
    button.addEventListener('keydown', (event) => {
      const place = photo && placesOf(photo, store.state.settings).find(({ key }) => key === `mark ${id}`);
      if (!photo || current === undefined || place === undefined) return;
      if (event.key === 'Delete' || event.key === 'Backspace') {
        event.preventDefault();
        removePlace(store, photo, place);
        refocus();
        return;
      }
      const direction = ARROWS[event.key];
      if (direction === undefined || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const by = step(frame, direction, event.altKey ? FINE_STEP : STEP);
      const whole = frame.size();
      changeMark(store, photo.id, id, fitted(current, within(event.shiftKey ? stretched(current.region, by) : shifted(current.region, by), whole)));
    });
    return {
      node: button,
      update: (item) => {
        if (item.kind !== 'mark') return;
        current = item.mark;
        grip.hidden = item.mark.parts !== undefined;
        button.classList.toggle('stroke', item.mark.parts !== undefined);
        show(item);
      },
    };
  }

  function outline(kind: Place['kind']): { button: HTMLButtonElement; show: (item: Item) => void; isMoved: (is: boolean) => void; moved: () => boolean } {
    const tag = element('span', { class: 'tag-label', 'aria-hidden': 'true' });
    const parts = element('span', { class: 'parts', 'aria-hidden': 'true' });
    const button = element('button', { class: `outline ${kind}`, type: 'button' }, parts, tag);
    let current: Item | undefined;
    let drawn: Mark | undefined;
    let moved = false;
    button.addEventListener('click', () => {
      // The click that ends a drag.
      if (!moved && photo && current) togglePlace(store, photo, current);
      moved = false;
    });
    button.addEventListener('focus', () => photo && current && activate(store, photo.id, current.key));
    return {
      button,
      isMoved: (is) => (moved = is),
      moved: () => moved,
      show: (item) => {
        current = item;
        frame.place(button, item.region);
        setText(tag, item.tag);
        const { isCovered, isVisible } = words().place;
        setAttributes(button, { 'aria-pressed': String(item.covered), 'aria-label': item.label, 'data-place': item.key, 'data-pending': item.pending, title: item.covered ? isCovered : isVisible });
        button.classList.toggle('active', photo?.active === item.key);
        if (item.kind === 'mark' && item.mark !== drawn) showParts(parts, item.mark);
        drawn = item.kind === 'mark' ? item.mark : undefined;
      },
    };
  }

  /** What a stroke covers, within the box around it. */
  function showParts(holder: HTMLElement, { region: { x, y, width, height }, parts = [] }: Mark): void {
    holder.replaceChildren(
      ...parts.map((part) => {
        const made = element('span', { class: 'part' });
        made.style.setProperty('left', `${((part.x - x) / width) * 100}%`);
        made.style.setProperty('top', `${((part.y - y) / height) * 100}%`);
        made.style.setProperty('width', `${(part.width / width) * 100}%`);
        made.style.setProperty('height', `${(part.height / height) * 100}%`);
        return made;
      }),
    );
  }
}

/** How far one press moves, px of the picture. */
export function step(frame: Frame, [across, down]: readonly [number, number], share: number = STEP): Point {
  const { width, height } = frame.size();
  const far = Math.max(1, Math.round(Math.min(width, height) * share));
  return { x: across * far, y: down * far };
}

const ARROWS: Readonly<Record<string, readonly [number, number] | undefined>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** Shares of the picture's shorter side. */
const STEP = 0.02;
const FINE_STEP = 0.002;
