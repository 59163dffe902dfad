// What a server answered.

import { ScrubError } from './errors.js';

/** The bytes of an answer, unless it says that there is no such thing. */
export async function body(response: Response, name: string): Promise<Uint8Array<ArrayBuffer>> {
  if (!response.ok) throw new ScrubError('crashed', `${name} was answered with status ${response.status}. Serve the .wasm files of the folder dist of the package 'darkslide' there.`);
  return new Uint8Array(await response.arrayBuffer());
}
