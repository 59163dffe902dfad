// What the photo gave away, in words and pictures; what was kept; what cannot be removed; the technical list behind them.

import type { Report } from 'darkslide';

import { tell } from '../actions.js';
import { coordinates, leaks, moment, MOST_LETTERS, placeOf } from '../leaks.js';
import type { Leak, Place } from '../leaks.js';
import { cut, plain } from '../said.js';
import { download } from '../save.js';
import { finished, reportOf, selectedPhoto } from '../state.js';
import type { State, Store } from '../state.js';
import { words } from '../words/index.js';
import { element, icon, setText } from './element.js';
import { hiddenPictures } from './hidden.js';
import { technical } from './technical.js';
import { WORLD } from './world.js';

export function findings(store: Store): { node: HTMLElement; update: (state: State) => void } {
  const text = words().findings;
  const title = element('h3', { id: 'findings-title' });
  const note = element('p', { class: 'note' });
  const list = element('ul', { class: 'leaks' });
  const kept = element('ul', { class: 'plain' });
  const cannot = element('ul', { class: 'plain' }, ...cannotRemove());
  const details = element('details', { class: 'technical' });
  const save = element('button', { class: 'button small', type: 'button' }, icon('down'), text.saveReport);
  const node = element(
    'section',
    { class: 'block', 'aria-labelledby': 'findings-title' },
    title,
    note,
    list,
    element('h4', { class: 'minor' }, text.kept),
    kept,
    element('h4', { class: 'minor' }, text.cannot),
    cannot,
    details,
    element('div', { class: 'report-way' }, save, element('p', { class: 'note' }, text.reportNote)),
  );
  let shown: Report | undefined;
  let forget = new AbortController();

  save.addEventListener('click', () => {
    const photo = selectedPhoto(store.state);
    const report = photo && reportOf(photo);
    if (photo === undefined || report === undefined) return;
    const name = `${finished(photo)?.file.name.replace(/\.\w+$/, '') ?? 'photo'}-report.json`;
    download(new File([`${JSON.stringify(report, null, 2)}\n`], name, { type: 'application/json', lastModified: 0 }));
    tell(store, words().live.reported);
  });
  return { node, update };

  function update(state: State): void {
    const photo = selectedPhoto(state);
    const report = photo && reportOf(photo);
    const isDone = photo !== undefined && finished(photo) !== undefined;
    const keeps = Object.values(state.settings.keep).includes(true);
    node.hidden = report === undefined;
    if (report === undefined || photo === undefined || report.removed.length === 0) {
      setText(title, text.none);
      setText(note, text.noneNote);
    } else {
      setText(title, isDone ? text.after : text.before);
      setText(note, isDone ? (keeps ? text.afterKeeping : text.afterNote) : keeps ? text.beforeKeeping : text.beforeNote);
    }
    if (report === shown) return;
    shown = report;
    // Pictures that were shown are let go.
    forget.abort();
    forget = new AbortController();
    const { signal } = forget;
    list.replaceChildren(...(report === undefined || photo === undefined ? [] : leaks(report.removed).map((leak) => item(leak, photo.original, signal))));
    kept.replaceChildren(...(report === undefined ? [] : reasons(report, keeps).map((reason) => element('li', {}, reason))));
    const wasOpen = details.open;
    details.replaceChildren(...(report === undefined ? [] : technical(report)));
    details.open = wasOpen;
  }
}

function item({ id, icon: symbol, title, values, why, findings: entries }: Leak, original: Blob, signal: AbortSignal): HTMLElement {
  const place = id === 'place' ? placeOf(entries) : undefined;
  const inside = element(
    'div',
    { class: 'leak-words' },
    element('h4', {}, title),
    ...values.map((value) => element('p', { class: 'leak-value', dir: 'auto' }, value)),
    place && world(place),
    hiddenPictures(entries, original, signal),
    element('p', { class: 'leak-why' }, why),
  );
  return element('li', { class: 'leak', 'data-leak': id }, icon(symbol), inside);
}

/** The world's outline, and where in it. */
function world(place: Place): HTMLElement {
  const { left, top, width, height, land } = WORLD;
  const [x, y] = [place.longitude - left, Math.min(height, Math.max(0, top - place.latitude))];
  const svg = shape('svg', { class: 'world', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': words().findings.map(coordinates(place)) });
  svg.append(shape('path', { class: 'land', d: land }), shape('path', { class: 'cross', d: `M${x} 0V${height}M0 ${y}H${width}` }), shape('circle', { class: 'dot-halo', cx: x, cy: y, r: 9 }), shape('circle', { class: 'dot', cx: x, cy: y, r: 4 }));
  return element('figure', { class: 'map' }, svg, element('figcaption', {}, words().findings.mapNote));
}

function shape(tag: 'svg' | 'path' | 'circle', attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/** Why something stays, each reason once. */
function reasons({ kept, output }: Report, keeps: boolean): string[] {
  const text = words().findings;
  const said = kept.map(({ why, value, path }) => {
    if (why === 'asked') return text.keptAsked(cut(plain(moment(value ?? '') ?? value ?? path), MOST_LETTERS));
    return why === 'colour' ? text.keptColour : why === 'orientation' ? text.keptOrientation : text.keptStructure;
  });
  const missing = keeps && output !== undefined && !kept.some(({ why }) => why === 'asked') ? [text.askedGone] : [];
  return [...new Set([...said, ...missing, ...(said.length === 0 ? [text.keptNothing] : [])])];
}

function cannotRemove(): HTMLElement[] {
  const { showsTitle, shows, missedTitle, missed, tracesTitle, traces, copiesTitle, copies } = words().limits;
  return ([[showsTitle, shows], [missedTitle, missed], [tracesTitle, traces], [copiesTitle, copies]] as const).map(([name, what]) => element('li', {}, element('b', {}, name), ` ${what}`));
}
