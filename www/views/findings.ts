// What the photo gave away, in words; the technical list behind them.

import type { Report } from 'darkslide';

import { finished, reportOf, selectedPhoto } from '../state.js';
import type { State } from '../state.js';
import { count, fileSize, kindName, leaks } from '../words.js';
import type { Leak } from '../words.js';
import { element, icon, setText } from './element.js';

export function findings(): { node: HTMLElement; update: (state: State) => void } {
  const title = element('h3', { id: 'findings-title' });
  const note = element('p', { class: 'note' });
  const list = element('ul', { class: 'leaks' });
  const technical = element('details', { class: 'technical' });
  const node = element('section', { class: 'block', 'aria-labelledby': 'findings-title' }, title, note, list, technical);
  let shown: Report | undefined;

  return { node, update };

  function update(state: State): void {
    const photo = selectedPhoto(state);
    const report = photo && reportOf(photo);
    const isDone = photo !== undefined && finished(photo) !== undefined;
    const found = report === undefined ? [] : leaks(report.removed);
    node.hidden = report === undefined;
    setText(title, found.length === 0 ? 'No hidden data' : isDone ? 'Hidden data, removed' : 'Hidden data');
    setText(note, found.length === 0 ? 'This photo says nothing besides what it shows.' : isDone ? 'This was in your photo. None of it is in the new file.' : 'This is in your photo. None of it will be in the new file.');
    if (report === shown) return;
    shown = report;
    list.replaceChildren(...found.map(item));
    const wasOpen = technical.open;
    technical.replaceChildren(...(report === undefined ? [] : details(report)));
    technical.open = wasOpen;
  }
}

function item({ id, icon: symbol, title, values, why }: Leak): HTMLElement {
  const words = element('div', { class: 'leak-words' }, element('h4', {}, title), ...values.map((value) => element('p', { class: 'leak-value' }, value)), element('p', { class: 'leak-why' }, why));
  return element('li', { class: 'leak', 'data-leak': id }, icon(symbol), words);
}

function details(report: Report): HTMLElement[] {
  const { input, output, removed, kept, backend, pixels, orientationApplied, warnings } = report;
  const facts: readonly (readonly [string, string])[] = [
    ['Original', `${input.format.toUpperCase()}, ${input.width} × ${input.height}, ${fileSize(input.bytes)}`],
    ['Its SHA-256', input.sha256],
    ...(output === undefined ? [] : ([['New file', `${output.format.toUpperCase()}, ${output.width} × ${output.height}, ${fileSize(output.bytes)}`], ['Its SHA-256', output.sha256]] as const)),
    ['Picture', PIXELS[pixels]],
    ...(orientationApplied === 1 ? [] : ([['Turned upright', `orientation ${orientationApplied}`]] as const)),
    ['Face detector', backend.detector],
    ['Covered by', backend.blur],
    ...warnings.map((warning) => ['Note', warning] as const),
    ...kept.map(({ path, bytes, why }) => ['Kept', `${path}, ${count(bytes, 'byte')}, for ${why}`] as const),
  ];
  const rows = removed.map(({ kind, path, bytes, value }) =>
    element('tr', {}, element('td', {}, kindName(kind)), element('td', {}, path), element('td', { class: 'number' }, String(bytes)), element('td', {}, value ?? '')),
  );
  const head = element('tr', {}, ...['Kind', 'Where in the file', 'Bytes', 'What it says'].map((text) => element('th', { scope: 'col' }, text)));
  const table = element('table', {}, element('caption', {}, `Removed: ${count(removed.length, 'entry', 'entries')}`), element('thead', {}, head), element('tbody', {}, ...rows));
  return [
    element('summary', {}, 'Technical details'),
    element('dl', {}, ...facts.flatMap(([term, text]) => [element('dt', {}, term), element('dd', {}, text)])),
    ...(removed.length === 0 ? [] : [element('div', { class: 'table', tabindex: 0, role: 'region', 'aria-label': 'Removed entries' }, table)]),
  ];
}

const PIXELS: Readonly<Record<Report['pixels'], string>> = {
  untouched: 'the same data, byte for byte',
  redacted: 'covered in places, and encoded anew',
  're-encoded': 'encoded anew',
};
