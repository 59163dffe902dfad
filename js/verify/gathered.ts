// Bytes that come in pieces, as one piece. However small the pieces are, no more than twice their bytes is held: a list of them would cost a
// hundred bytes for each, and who sends single bytes could fill the memory.

export class Gathered {
  readonly #maxBytes: number;
  #room = new Uint8Array(0);
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Copies a piece; says no, and keeps none of it, where that would be more than `maxBytes`. */
  add(piece: Uint8Array): boolean {
    const length = this.#length + piece.length;
    if (length > this.#maxBytes) return false;
    if (length > this.#room.length) {
      const larger = new Uint8Array(Math.min(this.#maxBytes, Math.max(length, this.#room.length * 2, FIRST_BYTES)));
      larger.set(this.#room.subarray(0, this.#length));
      this.#room = larger;
    }
    this.#room.set(piece, this.#length);
    this.#length = length;
    return true;
  }

  endsWith(bytes: Uint8Array): boolean {
    return this.#length >= bytes.length && bytes.every((byte, index) => this.#room[this.#length - bytes.length + index] === byte);
  }

  /** All of it, or all but the last bytes, in a buffer of its own size. */
  bytes({ without = 0 } = {}): Uint8Array<ArrayBuffer> {
    const length = this.#length - without;
    return length === this.#room.length ? this.#room : this.#room.slice(0, length);
  }
}

const FIRST_BYTES = 1024;
