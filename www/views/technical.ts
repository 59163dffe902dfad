// The full technical list: every entry of the report.

import type { Report } from 'darkslide';

import { kindName } from '../leaks.js';
import { fileSize, words } from '../words/index.js';
import { element } from './element.js';

/** What is in the fold-out of the technical details. */
export function technical(report: Report): HTMLElement[] {
  const text = words().technical;
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
    ...warnings.map((warning) => [text.note, warning] as const),
    ...kept.map(({ path, bytes, why }) => [text.kept, text.keptLine(path, String(bytes), whys[why])] as const),
  ];
  const rows = removed.map(({ kind, path, bytes, value }) =>
    element('tr', {}, element('td', {}, kindName(kind)), element('td', {}, path), element('td', { class: 'number' }, String(bytes)), element('td', { dir: 'auto' }, value ?? '')),
  );
  const head = element('tr', {}, ...[text.kind, text.where, text.bytes, text.says].map((name) => element('th', { scope: 'col' }, name)));
  const table = element('table', {}, element('caption', {}, text.removed(removed.length)), element('thead', {}, head), element('tbody', {}, ...rows));
  return [
    element('summary', {}, words().findings.technical),
    element('dl', {}, ...facts.flatMap(([term, value]) => [element('dt', {}, term), element('dd', {}, value)])),
    ...(removed.length === 0 ? [] : [element('div', { class: 'table', tabindex: 0, role: 'region', 'aria-label': text.region }, table)]),
  ];
}
