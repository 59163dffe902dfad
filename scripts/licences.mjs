// Checks the licence of every crate against deny.toml, and writes the notices that must go with the wasm.

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { output, ROOT, script, Stop } from './run.mjs';

/** Throws unless every crate that Cargo.lock holds for any feature and platform may be used on the terms that deny.toml allows. */
export function checkLicences() {
  const { allow, exceptions } = terms(readFileSync(resolve(ROOT, 'deny.toml'), 'utf8'));
  const refused = crates(['--all-features']).filter(({ name, license }) => {
    const mayBe = (id) => allow.includes(id) || (exceptions[name] ?? []).includes(id);
    return !satisfies(license ?? '', mayBe);
  });
  if (refused.length === 0) return;
  throw new Stop(`Licences that deny.toml does not allow:\n${refused.map(({ name, version, license }) => `  ${name} ${version}: ${license ?? 'none given'}`).join('\n')}`);
}

/** Writes one text with the licences of what is linked into the wasm, each text once. */
export function writeNotices(path) {
  const linked = crates(['--no-default-features', '--features', 'faces,gpu', '--filter-platform', 'wasm32-unknown-unknown'], isLinked);
  const texts = new Map();
  for (const crate of linked) {
    for (const text of licenceTexts(crate)) {
      // The same text comes in many layouts.
      const words = text.replaceAll(/\s+/g, ' ');
      const entry = texts.get(words) ?? { text, by: [] };
      entry.by.push(`${crate.name} ${crate.version}`);
      texts.set(words, entry);
    }
  }
  const list = linked.map(({ name, version, license }) => `${name} ${version} (${license})`).join('\n');
  const parts = [...texts.values()].map(({ text, by }) => `${'-'.repeat(80)}\n${by.join(', ')}\n\n${text}`);
  writeFileSync(resolve(ROOT, path), `darkslide-all.wasm contains these Rust crates, and the other wasms some of them:\n\n${list}\n\n${parts.join('\n\n')}\n`);
}

/** The crates that ours depends on by edges that `follow` takes, sorted by name. */
function crates(args, follow = () => true) {
  const printed = output('cargo', ['metadata', '--locked', '--format-version', '1', ...args]);
  if (printed === undefined) throw new Stop('cargo metadata fails: run `cargo metadata --locked --format-version 1` to see why.');
  const { packages, resolve: graph } = JSON.parse(printed);
  const byId = new Map(packages.map((crate) => [crate.id, crate]));
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const reached = new Set([graph.root]);
  // A set that grows while it is walked.
  for (const id of reached) {
    for (const dependency of nodes.get(id).deps) if (follow(dependency, byId.get(dependency.pkg))) reached.add(dependency.pkg);
  }
  reached.delete(graph.root);
  return [...reached].map((id) => byId.get(id)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether a dependency's code ends up in the wasm: build scripts, tests and procedural macros do not. */
function isLinked(dependency, crate) {
  return dependency.dep_kinds.some(({ kind }) => kind === null) && !crate.targets.some(({ kind }) => kind.includes('proc-macro'));
}

/** A crate's licence texts. Of `MIT OR Apache-2.0` we take MIT, which is short and carries the copyright line. */
function licenceTexts({ manifest_path: manifest, license = '' }) {
  const folder = dirname(manifest);
  const names = readdirSync(folder).filter((name) => /^(licen[cs]e|copying|notice)([-_.].*)?$/i.test(name) && statSync(join(folder, name)).isFile());
  const withoutApache = names.filter((name) => !/apache|unlicense/i.test(name));
  const taken = withoutApache.length > 0 && satisfies(license, (id) => id !== 'Apache-2.0') ? withoutApache : names;
  return taken.sort().map((name) => readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim());
}

/** The two lists of deny.toml's [licenses]. They are kept as plain as this reading of them. */
function terms(toml) {
  const list = (text) => [...text.matchAll(/"([^"]+)"/g)].map(([, id]) => id);
  const allow = toml.match(/^allow = \[\n([\s\S]*?)^\]/m);
  const exceptions = toml.match(/^exceptions = \[\n([\s\S]*?)^\]/m);
  if (!allow || !exceptions) throw new Stop('deny.toml: [licenses] needs `allow` and `exceptions`, each a list of one item a line.');
  const rows = [...exceptions[1].matchAll(/crate = "([^"]+)", allow = \[([^\]]*)\]/g)];
  return { allow: list(allow[1]), exceptions: Object.fromEntries(rows.map(([, crate, ids]) => [crate, list(ids)])) };
}

/** Whether an SPDX expression can be met with licences that `mayBe` accepts. AND binds closer than OR; an old `/` is an OR. */
export function satisfies(expression, mayBe) {
  const tokens = expression.replaceAll('/', ' OR ').match(/\(|\)|[^\s()]+/g) ?? [];
  let at = 0;
  const next = (token) => tokens[at] === token && (at += 1) > 0;
  const either = () => {
    let met = both();
    while (next('OR')) met = both() || met;
    return met;
  };
  const both = () => {
    let met = one();
    while (next('AND')) met = one() && met;
    return met;
  };
  const one = () => {
    if (next('(')) {
      const met = either();
      return next(')') && met;
    }
    const id = tokens[at++] ?? '';
    return mayBe(next('WITH') ? `${id} WITH ${tokens[at++]}` : id);
  };
  return either() && at === tokens.length;
}

await script(import.meta.url, () => checkLicences());
