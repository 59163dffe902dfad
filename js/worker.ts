// The worker: reads a photo, hands it to the Rust code, posts what comes back.

import init, { Scrubber, sha256 as sha256InWasm, verify, wipeStack } from '../dist/wasm/darkslide.js';
import { loadEngine, loadSecondOpinion, workerPort } from '#platform';

import { digested, sha256 } from './digest.js';
import { ScrubError, scrubError } from './errors.js';
import type { Call, Photo, Request, Results, Stage } from './protocol.js';

const port = workerPort();
let engine: Promise<unknown> | undefined;
let scrubber: Scrubber | undefined;
let secondOpinion: Promise<void> | undefined;

port.listen((request) => void serve(request));
port.post({ kind: 'ready' }, []);

async function serve(request: Request): Promise<void> {
  try {
    engine ??= Promise.resolve(request.engine ?? loadEngine(request.integrity)).then((module) => init({ module_or_path: module }));
    const [bytes] = await Promise.all([read(request.photo), engine]);
    const result = await run(request, bytes);
    port.post({ kind: 'done', result }, 'bytes' in result ? [result.bytes.buffer] : []);
  } catch (thrown) {
    const { code, message } = scrubError(thrown);
    port.post({ kind: 'failed', code, message }, []);
  }
}

/** Does what is asked, and leaves nothing of the photo in this worker: what the Rust code had on its heap is overwritten as it is freed. */
async function run(request: Request, bytes: Uint8Array<ArrayBuffer>): Promise<Results[Call]> {
  let trapped = false;
  try {
    return await answer(request, bytes);
  } catch (thrown) {
    trapped = scrubError(thrown).code === 'crashed';
    throw thrown;
  } finally {
    bytes.fill(0);
    // After a trap the stack still holds the calls that did not return. The pool ends such a worker, and with it its memory.
    if (!trapped) wipeStack();
  }
}

async function answer({ call, options, backend, secondOpinion: isWanted }: Request, bytes: Uint8Array<ArrayBuffer>): Promise<Results[Call]> {
  if (call === 'verify') return verify(bytes, options);
  scrubber ??= new Scrubber(backend);
  const digest = sha256(bytes, sha256InWasm);
  // Where the call fails, nobody waits for it.
  digest.catch(() => undefined);
  if (isWanted && options?.sensitivity === 'thorough') await addSecondOpinion(scrubber);
  if (call === 'inspect') return digested(await scrubber.inspect(bytes, options, progress), await digest);
  const scrubbed = await scrubber.scrub(bytes, options, progress);
  try {
    // The handle's getters read from wasm memory: what is posted are copies.
    const { bytes: output, extension, mime, report } = scrubbed;
    return { bytes: output, extension, mime, report: digested(report, await digest, await sha256(output, sha256InWasm)) };
  } finally {
    scrubbed.free();
  }
}

/** Once, and only for who asks to look thoroughly. Without it the report says so. */
function addSecondOpinion(to: Scrubber): Promise<void> {
  secondOpinion ??= loadSecondOpinion().then((model) => {
    if (model !== undefined) to.addSecondOpinion(model);
  });
  return secondOpinion;
}

async function read(photo: Photo): Promise<Uint8Array<ArrayBuffer>> {
  progress('read', 0);
  const bytes = photo instanceof Uint8Array ? photo : new Uint8Array(await arrayBuffer(photo));
  progress('read', 1);
  return bytes;
}

/** A file can be gone by now, or longer than any buffer. */
async function arrayBuffer(blob: Blob): Promise<ArrayBuffer> {
  try {
    return await blob.arrayBuffer();
  } catch (cause) {
    const tooLong = blob.size >= LONGEST_BUFFER;
    throw new ScrubError(tooLong ? 'limit-exceeded' : 'malformed', `the photo's ${blob.size} bytes could not be read: ${String(cause)}`, { cause });
  }
}

function progress(stage: Stage, fraction: number): void {
  port.post({ kind: 'progress', stage, fraction }, []);
}

/** Browsers refuse ArrayBuffers from 2 to 8 GiB on; wasm's own memory ends at 4 GiB. */
const LONGEST_BUFFER = 2 ** 31;
