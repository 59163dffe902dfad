// Takes out of a wasm what the linker cannot: operations of tract that nobody can call.
//
// tract keeps a list of everything that it could do with a graph, and the list names every operation there is. We call its matrix product
// directly, and no entry of that list; the linker does not know. So each function of tract-core that no code calls, but only a table for
// indirect calls names, gets a body that stops the program. wasm-opt then removes what only those bodies called. Were one of them called
// all the same, the call would end as `crashed`, and no photo would come out.

import { calls, CODE, Reader, sections } from './wasm-format.mjs';

/** The same wasm without those functions' bodies, and how many bytes of code that saves before anything else goes. */
export function prune(wasm) {
  const { imports, bodies, names } = sections(wasm);
  const mayGo = bodies.map((_, index) => UNUSED.test(names.get(imports + index) ?? ''));
  const isCalled = mayGo.map((may) => !may);
  const waiting = [...isCalled.keys()].filter((index) => isCalled[index]);
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    for (const called of calls(bodies[index])) {
      const callee = called - imports;
      if (callee < 0 || isCalled[callee]) continue;
      isCalled[callee] = true;
      waiting.push(callee);
    }
  }
  const saved = bodies.reduce((sum, body, index) => sum + (isCalled[index] ? 0 : body.length - STOP.length), 0);
  return { wasm: withBodies(wasm, bodies.map((body, index) => (isCalled[index] ? body : STOP))), saved };
}

function withBodies(wasm, bodies) {
  const reader = new Reader(wasm, 8);
  const parts = [wasm.subarray(0, 8)];
  while (reader.at < wasm.length) {
    const start = reader.at;
    const id = reader.byte();
    const end = reader.number() + reader.at;
    if (id === CODE) {
      const content = Buffer.concat([leb(bodies.length), ...bodies.flatMap((body) => [leb(body.length), body])]);
      parts.push(Buffer.from([CODE]), leb(content.length), content);
    } else {
      parts.push(wasm.subarray(start, end));
    }
    reader.at = end;
  }
  return Buffer.concat(parts);
}

function leb(number) {
  const bytes = [];
  for (let left = number; ; left >>>= 7) {
    if (left < 128) return Buffer.from([...bytes, left]);
    bytes.push((left & 127) | 128);
  }
}

/** No locals, `unreachable`, `end`. */
const STOP = Buffer.from([0x00, 0x00, 0x0b]);
/**
 * What tract-core is or does, and the serialiser that it brings along; only what a value does when it goes must stay. Of tract's kernels the
 * portable ones, where there are vector instructions, and a way to run each that tract-core does not take.
 */
const UNUSED = /^(?!.*drop_in_place).*(tract_core|erased_serde)|^_ZN12tract_linalg(7generic|5frame3mmm9MatMatMul3run17h)/;
