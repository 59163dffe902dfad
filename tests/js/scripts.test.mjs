// The scripts that others rely on: the server that guards the page, the licence check, the build's cache.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { step } from '../../scripts/cache.mjs';
import { satisfies } from '../../scripts/licences.mjs';
import { DOCUMENT_POLICY, HEADERS, headersFile } from '../../scripts/headers.mjs';
import { serve } from '../../scripts/serve.mjs';
import { codeByCrate } from '../../scripts/wasm-crates.mjs';
import { prune } from '../../scripts/wasm-prune.mjs';

const folder = mkdtempSync(join(tmpdir(), 'darkslide-scripts-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('each recipe for hosts sends the headers that the server sends', () => {
  const recipes = readFileSync(new URL('../../docs/hosting.md', import.meta.url), 'utf8').split('\n```');
  for (const [host, form] of Object.entries({
    'Content-Security-Policy: ': ([name, value]) => `${name}: ${value}\n`,
    nginx: ([name, value]) => `  add_header ${name} "${value}" always;\n`,
    'darkslide.example {': ([name, value]) => `    ${name} "${value}"\n`,
    apache: ([name, value]) => `Header always set ${name} "${value}"\n`,
  })) {
    const recipe = recipes.find((text) => text.trimStart().startsWith(host));
    assert.ok(recipe !== undefined, host);
    for (const header of Object.entries(HEADERS)) assert.ok(`${recipe}\n`.includes(form(header)), `${host}: ${header[0]}`);
  }
  for (const [name, value] of Object.entries(HEADERS)) assert.ok(headersFile().includes(`\n  ${name}: ${value}\n`), name);
  assert.ok(recipes.some((text) => text.trim() === DOCUMENT_POLICY));
  // Cloudflare takes no longer line.
  for (const line of headersFile().split('\n')) assert.ok(line.length < 2000);
});

test('the server sends its folder with strict headers, and nothing beside it', async () => {
  const site = join(folder, 'site');
  mkdirSync(join(site, 'sub'), { recursive: true });
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(site, 'index.html'), '<!doctype html>');
  writeFileSync(join(site, 'some.wasm'), '');
  writeFileSync(join(site, 'a name.js'), '1');
  symlinkSync(join(folder, 'secret.txt'), join(site, 'link.txt'));
  const { address, close } = await serve(site);
  // Not `fetch`, which tidies the path up before it asks.
  const ask = (path, method = 'GET') =>
    new Promise((resolve, reject) => {
      const asked = request(address, { path, method }, (response) => {
        let body = '';
        response.on('data', (part) => (body += part)).on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
      });
      asked.on('error', reject).end();
    });

  const { status, headers, body } = await ask('/?query');
  assert.equal(status, 200);
  assert.equal(body, '<!doctype html>');
  assert.match(headers['content-type'], /^text\/html/);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['referrer-policy'], 'no-referrer');
  const policy = headers['content-security-policy'];
  assert.match(policy, /^default-src 'none';/);
  assert.doesNotMatch(policy, /https?:|\*|unsafe-inline|unsafe-eval'(?<!wasm-unsafe-eval')/);

  assert.equal((await ask('/some.wasm')).headers['content-type'], 'application/wasm');
  assert.equal((await ask('/a%20name.js')).body, '1');
  assert.deepEqual([(await ask('/', 'HEAD')).status, (await ask('/', 'HEAD')).body], [200, '']);
  assert.equal((await ask('/', 'POST')).status, 405);
  for (const path of ['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/sub/../../secret.txt', '/link.txt', '//etc/passwd', '/sub', '/sub/', '/none', '/%', '/%00', 'http://elsewhere/../secret.txt']) {
    const answer = await ask(path);
    assert.equal(answer.status, 404, path);
    assert.doesNotMatch(answer.body, /secret|root/);
  }
  await close();
});

test('licence expressions are read as SPDX means them', () => {
  const mit = (id) => id === 'MIT';
  for (const met of ['MIT', 'MIT OR GPL-3.0', 'GPL-3.0 OR MIT', 'GPL-3.0/MIT', '(MIT OR GPL-3.0) AND MIT', 'MIT AND MIT', 'GPL-3.0 AND MIT OR MIT']) assert.ok(satisfies(met, mit), met);
  for (const unmet of ['', 'GPL-3.0', 'MIT AND GPL-3.0', '(MIT OR GPL-3.0) AND GPL-3.0', 'MIT WITH Some-exception', 'MIT GPL-3.0', '(MIT', 'MIT OR', 'MIT AND (GPL-3.0 OR LGPL-3.0)']) {
    assert.ok(!satisfies(unmet, mit), unmet);
  }
});

test('a build step runs again when what it reads, its key or what it wrote has changed', async () => {
  const [input, written] = [join(folder, 'input'), join(folder, 'output')];
  let runs = 0;
  const build = (key = 'a') =>
    step('test', { inputs: [input], outputs: [written], key }, () => {
      runs += 1;
      writeFileSync(written, readFileSync(input));
    });
  writeFileSync(input, '1');
  await build();
  await build();
  assert.equal(runs, 1);
  writeFileSync(input, '2');
  await build();
  assert.equal(runs, 2);
  await build('b');
  assert.equal(runs, 3);
  writeFileSync(written, 'by hand');
  await build('b');
  assert.equal(runs, 4);
  assert.equal(readFileSync(written, 'utf8'), '2');
  await assert.rejects(step('test', { inputs: [input], outputs: [join(folder, 'never')] }, () => undefined), /has not written/);
});

test('of tract, only what nothing but a table names is taken out of a wasm', async () => {
  const { default: binaryen } = await import('binaryen');
  const [called, listed, deeper, dropped, other] = ['10tract_core6called17h0E', '10tract_core6listed17h0E', '10tract_core6deeper17h0E', '4core35drop_in_place$LT$tract_core..Op$GT$17h0E', '11tract_lin_lg6kernel17h0E'].map((name) => `$_ZN${name}`);
  const parsed = binaryen.parseText(`(module
    (table 5 funcref)
    (elem (i32.const 0) ${[called, listed, deeper, dropped, other].join(' ')})
    (func $run (export "run") (param i32) (result i32) (call ${called}))
    (func $at (export "at") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
    (func ${called} (result i32) (f64.const 1.5) (drop) (i64.const -5) (drop) (call ${deeper}))
    (func ${deeper} (result i32) (i32.const 16))
    (func ${listed} (result i32) (block (result i32) (call ${deeper})))
    (func ${dropped} (result i32) (i32.const 3))
    (func ${other} (result i32) (i32.const 4)))`);
  binaryen.setDebugInfo(true);
  const wasm = Buffer.from(parsed.emitBinary());
  const { wasm: pruned, saved } = prune(wasm);
  assert.ok(saved > 0 && pruned.length < wasm.length);
  const { run, at } = new WebAssembly.Instance(new WebAssembly.Module(pruned)).exports;
  assert.deepEqual([run(0), at(0), at(2), at(3), at(4)], [16, 16, 16, 3, 4]);
  assert.throws(() => at(1), WebAssembly.RuntimeError, 'it stops, and never goes on with something else');
  assert.deepEqual(prune(pruned).saved, 0);
  assert.ok(codeByCrate(wasm).some(({ crate, functions }) => crate === 'tract_core' && functions === 4));
});
