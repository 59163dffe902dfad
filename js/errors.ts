// Why a call failed. The codes are those of the Rust crate, and two that only a worker can cause.

const CODES = [
  'unknown-format',
  'unsupported',
  'malformed',
  'limit-exceeded',
  'invalid-option',
  'model',
  'not-clean',
  'aborted',
  'crashed',
] as const;

/** Stable names for what went wrong; the message is for people and may change. */
export type ErrorCode = (typeof CODES)[number];

/** Every failure of this package. Where one is thrown, no photo came out. */
export class ScrubError extends Error {
  override readonly name = 'ScrubError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Whether a wasm says that the photo's format is not in its build, which is nothing against the photo. */
export function isNotInBuild(thrown: unknown): boolean {
  return thrown instanceof Error && 'notInBuild' in thrown && thrown.notInBuild === true;
}

/**
 * Rebuilds an error that the wasm threw; anything else, a trap above all, is `crashed`.
 * Codes of other origin (Node's `ENOENT`) do not count.
 */
export function scrubError(thrown: unknown): ScrubError {
  if (thrown instanceof ScrubError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const code = thrown instanceof Error && 'code' in thrown ? CODES.find((known) => known === thrown.code) : undefined;
  return new ScrubError(code ?? 'crashed', message, { cause: thrown });
}
