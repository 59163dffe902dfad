// The technical list: the entries of the report, as many as a page can show.

import type { Report } from 'darkslide';

import { kindName } from '../leaks.js';
import { cut, plain } from '../said.js';
import { fileSize, words } from '../words/index.js';
import { element } from './element.js';
import { long } from './long.js';

/** What is in the fold-out of the technical details. */
export function technical(report: Report): HTMLElement[] {
  const text = words().technical;
  const number = new Intl.NumberFormat(words().locale);
  const { input, output, removed, kept, backend, pixels, orientationApplied, warnings } = report;
  const file = ({ format, width, height, bytes }: Report['input']): string => `${format.toUpperCase()}, ${width} × ${height}, ${fileSize(bytes)}`;
  const states: Readonly<Record<Report['pixels'], string>> = { untouched: text.untouched, redacted: text.redacted, 're-encoded': text.reencoded };
  const whys: Readonly<Record<Report['kept'][number]['why'], string>> = { structure: text.whyStructure, colour: text.whyColour, orientation: text.whyOrientation, asked: text.whyAsked };
  const facts: readonly (readonly [string, string])[] = [
    [text.original, file(input)],
    [text.sha, input.sha256],
    ...(output === undefined ? [] : ([[text.output, file(output)], [text.sha, output.sha256]] as const)),
    [text.picture, states[pixels]],
    ...(orientationApplied === 1 ? [] : ([[text.upright, text.orientation(orientationApplied)]] as const)),
    [text.detector, backend.detector],
    [text.coveredBy, backend.blur],
    ...few(warnings).map((warning) => [text.note, cut(plain(warning), MOST_SHOWN)] as const),
    ...few(kept).map(({ path, bytes, why }) => [text.kept, text.keptLine(cut(plain(path), MOST_SHOWN), String(bytes), whys[why])] as const),
    ...(kept.length > MOST_ROWS ? [[text.kept, text.more(number.format(kept.length - MOST_ROWS))] as const] : []),
  ];
  const rows = few(removed).map(({ kind, path, bytes, value }) =>
    element('tr', {}, element('td', {}, kindName(kind)), element('td', {}, ...long(path, MOST_SHOWN)), element('td', { class: 'number' }, String(bytes)), element('td', { dir: 'auto' }, ...long(value ?? '', MOST_SHOWN))),
  );
  if (removed.length > MOST_ROWS) rows.push(element('tr', {}, element('td', { class: 'rest', colspan: 4 }, text.more(number.format(removed.length - MOST_ROWS)))));
  const head = element('tr', {}, ...[text.kind, text.where, text.bytes, text.says].map((name) => element('th', { scope: 'col' }, name)));
  const table = element('table', {}, element('caption', {}, text.removed(removed.length)), element('thead', {}, head), element('tbody', {}, ...rows));
  return [
    element('summary', {}, words().findings.technical),
    element('dl', {}, ...facts.flatMap(([term, value]) => [element('dt', {}, term), element('dd', {}, value)])),
    ...(removed.length === 0 ? [] : [element('div', { class: 'table', tabindex: 0, role: 'region', 'aria-label': text.region }, table)]),
  ];
}

/** A page with everything that a file may hold would be too large to be used; the report has it. */
function few<T>(list: readonly T[]): readonly T[] {
  return list.slice(0, MOST_ROWS);
}

const MOST_ROWS = 300;
/** Letters of a path or a value. */
const MOST_SHOWN = 400;
