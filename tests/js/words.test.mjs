// What the page says: every language says all of it, index.html says the same as the English words, the world's outline is the script's.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { buildSync } from 'esbuild';

import { world } from '../../scripts/make-world.mjs';

async function load(path, name) {
  const { outputFiles } = buildSync({ entryPoints: [path], bundle: true, format: 'esm', write: false });
  return (await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`))[name];
}

/** Every sentence by its path; those that take something are asked with one and with several. */
function sentences(words, path = '') {
  return Object.entries(words).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`;
    if (typeof value === 'object') return sentences(value, at);
    if (typeof value === 'string') return [[at, value]];
    const values = (number) => ['‹1›', '‹2›', '‹3›'].slice(0, value.length).map((text, index) => (index === 0 && /\bnumber|photos|faces|places|kinds|files|values|entries|orientation|requests|answers\b/.test(value.toString().split('=>')[0]) ? number : text));
    return [1, 2].map((number) => [`${at}(${number})`, value(...values(number))]);
  });
}

const [en, de] = await Promise.all([load('www/words/en.ts', 'en'), load('www/words/de.ts', 'de')]);

test('every language says all of it', () => {
  const [english, german] = [new Map(sentences(en)), new Map(sentences(de))];
  assert.deepEqual([...german.keys()].sort(), [...english.keys()].sort());
  for (const [path, text] of [...english, ...german]) assert.ok(typeof text === 'string' && text.trim() !== '', path);
  for (const [path, text] of english) {
    for (const name of text.match(/‹\d›/g) ?? []) assert.ok(german.get(path).includes(name), `${path} loses ${name}`);
  }
  // Words that are the same in both.
  const same = [...english].filter(([path, text]) => german.get(path) === text).map(([path]) => path.replace(/\(\d\)$/, ''));
  assert.deepEqual([...new Set(same)].sort(), SAME);
});

test('index.html says what the English words say, and nothing else', () => {
  const english = new Map(sentences(en));
  const html = readFileSync('www/index.html', 'utf8');
  const body = html.slice(html.indexOf('<body>'));
  const said = [...body.matchAll(/data-words="([^"]+)">([^<]*)</g)];
  assert.ok(said.length > 20);
  for (const [, path, text] of said) assert.equal(text, english.get(path), path);
  for (const [, label, path] of body.matchAll(/aria-label="([^"]*)" data-label="([^"]+)"/g)) assert.equal(label, english.get(path), path);
  assert.ok(html.includes(`<title>${en.page.title}</title>`) && html.includes(`content="${en.page.description}"`));
  // Text that no language replaces: the name of the whole, and what is said where no script runs.
  const rest = body.replace(/<(\w+)[^>]*data-words="[^"]*">[^<]*</g, '<').replace(/<noscript>.*?<\/noscript>/s, '').replace(/<[^>]*>/g, ' ').trim().split(/\s+/).filter(Boolean);
  assert.deepEqual(rest, ['darkslide']);
  assert.ok(body.includes(en.page.noscript));
});

test('the outline of the world is what the script makes, and a face is grown as the scrubber grows it', () => {
  assert.equal(readFileSync('www/views/world.ts', 'utf8'), world());
  const [, inPage] = /FACE_GROWTH = ([\d.]+)/.exec(readFileSync('www/geometry.ts', 'utf8'));
  const [, inRust] = /FACE_GROWTH: f64 = ([\d.]+)/.exec(readFileSync('src/redact/plan.rs', 'utf8'));
  assert.equal(Number(inPage), Number(inRust));
});

const SAME = ['direction', 'findings.north', 'findings.south', 'findings.west', 'stage.toOriginal', 'technical.bytes', 'technical.original', 'verdict.file'];
