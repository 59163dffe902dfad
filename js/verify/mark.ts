// Looks for some bytes among others, each of which is looked at a few times at most, whatever mark somebody thinks of. [Knuth, Morris, Pratt]

export class Mark {
  readonly bytes: Uint8Array;
  /** Of each beginning of the mark: how many of its last bytes are its first ones too. */
  readonly #borders = [0];

  constructor(text: string) {
    this.bytes = new TextEncoder().encode(text);
    let length = 0;
    for (let at = 1; at < this.bytes.length; at++) {
      length = this.#grown(length, this.bytes[at]);
      this.#borders.push(length);
    }
  }

  /** Where the mark begins in `bytes`; -1 where it is not. */
  find(bytes: Uint8Array): number {
    const [first = 0] = this.bytes;
    let matched = 0;
    for (let at = 0; at < bytes.length; at++) {
      if (matched === 0) at = bytes.indexOf(first, at);
      if (at < 0) return -1;
      matched = this.#grown(matched, bytes[at]);
      if (matched === this.bytes.length) return at + 1 - matched;
    }
    return -1;
  }

  /** How much of the mark is there with one byte more. */
  #grown(matched: number, byte: number | undefined): number {
    let length = matched;
    while (length > 0 && byte !== this.bytes[length]) length = this.#borders[length - 1] ?? 0;
    return byte === this.bytes[length] ? length + 1 : length;
  }
}
