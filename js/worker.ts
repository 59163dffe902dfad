// The worker: reads a photo, hands it to the Rust code, posts what comes back. It begins with the wasm for JPEG and PNG, which most photos are;
// at the first photo that takes more, that for all formats comes in its place.

import init, { replaceModule, Scrubber, sha256 as sha256InWasm, verify, wipeStack } from '../dist/wasm/darkslide.js';
import { loadEngine, loadEngineAll, loadSecondOpinion, workerPort } from '#platform';

import { digested, sha256 } from './digest.js';
import { isNotInBuild, ScrubError, scrubError } from './errors.js';
import type { Call, Photo, Request, Results, Stage } from './protocol.js';

const port = workerPort();
let engine: Promise<unknown> | undefined;
let isForAll = false;
let goOn: () => void = () => undefined;
let scrubber: Scrubber | undefined;
let secondOpinion: Promise<void> | undefined;

port.listen((told) => (told.call === 'admitted' ? goOn() : void serve(told)));
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
    try {
      return await answer(request, bytes);
    } catch (thrown) {
      // Which formats it lacks, only Rust knows.
      if (!isNotInBuild(thrown) || isForAll) throw thrown;
      await takeAll(request);
      return await answer(request, bytes);
    }
  } catch (thrown) {
    trapped = scrubError(thrown).code === 'crashed';
    throw thrown;
  } finally {
    bytes.fill(0);
    // After a trap the stack still holds the calls that did not return. The pool ends such a worker, and with it its memory.
    if (!trapped) wipeStack();
  }
}

async function takeAll({ engine: given, integrity }: Request): Promise<void> {
  if (given !== undefined) throw new ScrubError('unsupported', "this photo takes the wasm for all formats: give createScrubber 'darkslide/scrub.wasm', not darkslide.wasm");
  const module = await loadEngineAll(integrity);
  scrubber?.free();
  scrubber = secondOpinion = undefined;
  wipeStack();
  await replaceModule(module);
  isForAll = true;
}

async function answer({ call, options, backend, secondOpinion: isWanted }: Request, bytes: Uint8Array<ArrayBuffer>): Promise<Results[Call]> {
  if (call === 'verify') return verify(bytes, options);
  scrubber ??= new Scrubber(backend);
  const digest = sha256(bytes, sha256InWasm);
  // Where the call fails, nobody waits for it.
  digest.catch(() => undefined);
  if (isWanted && options?.sensitivity === 'thorough') await addSecondOpinion(scrubber);
  if (call === 'inspect') return digested(await scrubber.inspect(bytes, options, progress, admit), await digest);
  const scrubbed = await scrubber.scrub(bytes, options, progress, admit);
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

/** Waits until there is room for so many pixels. */
function admit(pixels: number): Promise<void> {
  // What decodes nothing waits for nobody.
  if (pixels === 0) return Promise.resolve();
  return new Promise((resolve) => {
    goOn = resolve;
    port.post({ kind: 'admit', pixels }, []);
  });
}

function progress(stage: Stage, fraction: number): void {
  port.post({ kind: 'progress', stage, fraction }, []);
}

/** Browsers refuse ArrayBuffers from 2 to 8 GiB on; wasm's own memory ends at 4 GiB. */
const LONGEST_BUFFER = 2 ** 31;
