// `npm run docs`: writes docs/api.md from the package's own type declarations, and says with `--check` when it is stale.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { ROOT, script, Stop } from './run.mjs';

const PAGE = 'docs/api.md';

export function checkDocs() {
  if (readFileSync(resolve(ROOT, PAGE), 'utf8') !== reference()) throw new Stop(`${PAGE} is stale: npm run build, then npm run docs`);
}

export function writeDocs() {
  writeFileSync(resolve(ROOT, PAGE), reference());
}

/** Every entry with types, in the order of package.json; what several entries export is written once. */
function reference() {
  const { exports } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'));
  const entries = Object.entries(exports).filter(([path, targets]) => targets.types !== undefined && path !== './worker.js');
  const seen = new Map();
  const sections = entries.map(([path, targets]) => section(join('darkslide', path), exported(resolve(ROOT, targets.types)), seen));
  return ['# API reference', 'Made by `npm run docs` from the types that the package ships; do not edit.', ...sections].join('\n\n') + '\n';
}

function section(entry, names, seen) {
  const [fresh, known] = [[], []];
  for (const [name, { doc, text }] of [...names].sort(([a], [b]) => rank(names.get(a)) - rank(names.get(b)) || a.localeCompare(b))) {
    const where = seen.get(`${name} ${text}`);
    if (where === undefined) {
      seen.set(`${name} ${text}`, entry);
      fresh.push(`### ${name}\n\n${doc === '' ? '' : `${prose(doc)}\n\n`}\`\`\`ts\n${text}\n\`\`\``);
    } else {
      known.push([name, where]);
    }
  }
  const others = [...new Set(known.map(([, where]) => where))].map((where) => `As in \`${where}\`: ${known.filter(([, from]) => from === where).map(([name]) => `\`${name}\``).join(', ')}.`);
  return [`## ${entry}`, ...fresh, ...others].join('\n\n');
}

/** What is called comes before what it takes and gives. */
function rank({ text }) {
  return /^(declare )?(function|const|class|abstract class)|^default/.test(text.replace(/^export /, '')) ? 0 : 1;
}

/** The names that a declaration file exports, with what declares them. */
function exported(file) {
  const { declared, lists, stars } = parse(file);
  const names = new Map();
  for (const from of stars) for (const entry of exported(beside(file, from))) names.set(...entry);
  for (const [name, declaration] of declared) if (declaration.isExported) names.set(name, declaration);
  for (const { list, from } of lists) {
    const source = from === undefined ? declared : exported(beside(file, from));
    for (const item of list) {
      const [name, as = name] = item.split(/\s+as\s+/);
      const declaration = source.get(name);
      if (declaration === undefined) throw new Stop(`${file} exports ${name}, which ${from ?? 'it'} does not declare`);
      names.set(as, declaration);
    }
  }
  return names;
}

function beside(file, from) {
  const found = resolve(dirname(file), from.replace(/\.js$/, '.d.ts'));
  if (!existsSync(found)) throw new Stop(`${file} names ${from}, which is not there: npm run build`);
  return found;
}

function parse(file) {
  const declared = new Map();
  const [lists, stars] = [[], []];
  for (const { doc, text } of statements(readFileSync(file, 'utf8'))) {
    const star = text.match(/^export (?:type )?\* from '(.*)';$/);
    const list = text.match(/^export (?:type )?\{([\s\S]*?)\}(?: from '(.*)')?;$/);
    const name = text.match(/^(?:export )?(?:default )?(?:declare )?(?:abstract )?(?:interface|type|function|class|const)\s+(\w+)/)?.[1];
    if (star !== null) stars.push(star[1]);
    else if (list !== null) lists.push({ list: list[1].split(',').map((item) => item.trim().replace(/^type /, '')).filter((item) => item !== ''), from: list[2] });
    else if (name !== undefined) declared.set(/^export default/.test(text) ? 'default' : name, { doc, text: shown(text), isExported: text.startsWith('export ') });
  }
  return { declared, lists, stars };
}

/** The statements of a declaration file, each with the comment before it. They end with a semicolon, or with the brace that closes a body. */
function* statements(source) {
  let [doc, start, depth] = ['', undefined, 0];
  for (let at = 0; at < source.length; at++) {
    const rest = source.slice(at, at + 2);
    if (rest === '/*') {
      const end = source.indexOf('*/', at) + 2;
      if (start === undefined) doc = source.startsWith('/**', at) ? source.slice(at, end) : '';
      at = end - 1;
    } else if (rest === '//') {
      at = source.indexOf('\n', at);
      if (at < 0) return;
    } else if (/['"`]/.test(source[at])) {
      start ??= at;
      at = source.indexOf(source[at], at + 1);
    } else {
      if (start === undefined && /\S/.test(source[at])) start = at;
      if (/[{([]/.test(source[at])) depth += 1;
      if (/[})\]]/.test(source[at])) depth -= 1;
      if (start === undefined || depth > 0) continue;
      const text = source.slice(start, at + 1);
      const isBody = source[at] === '}' && /^(export )?(default )?(declare )?(abstract )?(interface|class)\b/.test(text);
      if (source[at] !== ';' && !isBody) continue;
      yield { doc, text };
      [doc, start] = ['', undefined];
    }
  }
}

/** Without what only a compiler needs to know. */
function shown(text) {
  return text
    .replace(/^export (default )?(declare )?/, (_, isDefault) => isDefault ?? '')
    .replace(/^\s*(#private;|private constructor\(.*\);|constructor\(\);)\n/gm, '')
    .replace(/\n {4}free\(\): void;\n {4}\[Symbol\.dispose\]\(\): void;/, '');
}

function prose(doc) {
  return doc
    .replace(/^\/\*\*|\*\/$/g, '')
    .replace(/^\s*\* ?/gm, '')
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .replace(/^@throws \{(\w+)\} ?/gm, 'Throws `$1`: ')
    .replace(/^Throws `(\w+)`: $/gm, 'Throws `$1`.')
    .trim();
}

await script(import.meta.url, (args) => (args.includes('--check') ? checkDocs() : writeDocs()));
