// Whether the page's files are those that were published. A worker fetches and compares them (checker.ts): the page itself may fetch nothing.

export type Verdict =
  | 'published'
  /** Other bytes than the build made. */
  | 'foreign'
  /** It did not come. */
  | 'missing'
  /** It came, but this browser computes no hash here. */
  | 'unchecked';

/** To the worker: all files that a first visit takes, those that may come later, or one by its path, with its bytes. */
export interface Wanted {
  readonly id: number;
  readonly which: string;
}

/** From the worker. */
export interface Checked {
  readonly id: number;
  readonly files: readonly { readonly path: string; readonly verdict: Verdict; readonly hash?: string; readonly bytes?: ArrayBuffer }[];
}

export interface Published {
  /** Rejects when the worker does not work. */
  check(which: 'first' | 'later'): Promise<Checked['files']>;
  /** One file. Rejects when it does not come as it was published. */
  bytes(path: string): Promise<ArrayBuffer>;
  /** Nothing will be asked for any more. */
  close(): void;
}

export function published(): Published {
  const waiting = new Map<number, { done: (files: Checked['files']) => void; failed: (why: Error) => void }>();
  const worker = new Worker(new URL('./checker.js', import.meta.url), { type: 'module' });
  let nextId = 1;
  let broken = false;
  worker.addEventListener('message', ({ data }: MessageEvent<Checked>) => {
    waiting.get(data.id)?.done(data.files);
    waiting.delete(data.id);
  });
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    broken = true;
    for (const { failed } of waiting.values()) failed(new Error(NOT_STARTED));
    waiting.clear();
  });
  return {
    check: ask,
    bytes: async (path) => {
      const [file] = await ask(path);
      if (file?.bytes === undefined) throw new Error(`${path} is ${file?.verdict ?? 'none of our files'}`);
      return file.bytes;
    },
    close: () => worker.terminate(),
  };

  function ask(which: string): Promise<Checked['files']> {
    return new Promise((done, failed) => {
      if (broken) return failed(new Error(NOT_STARTED));
      const wanted: Wanted = { id: nextId++, which };
      waiting.set(wanted.id, { done, failed });
      worker.postMessage(wanted);
    });
  }
}

/** The files without which the page cannot be trusted to be the page; without the others it lacks an icon or a licence. */
export function isProgram(path: string): boolean {
  return path === './' || /\.(js|css|wasm)$/.test(path);
}

const NOT_STARTED = 'checker.js did not start';
