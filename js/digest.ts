// The digests in reports. Browsers and Node compute them ten times as fast as WebAssembly, and while that does other work.

import type { Report } from '../dist/wasm/metadata.js';

/** SHA-256 in lower-case hex. Pages that did not come over a secure connection have no `crypto.subtle`: then `instead` does it. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>, instead: (bytes: Uint8Array) => string): Promise<string> {
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (subtle === undefined) return instead(bytes);
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Fills the digests into a report. `output` is what came out, where something did. */
export function digested(report: Report, input: string, output?: string): Report {
  return { ...report, input: { ...report.input, sha256: input }, ...(report.output && output !== undefined && { output: { ...report.output, sha256: output } }) };
}
