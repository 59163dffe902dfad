// The package `darkslide/uppy`: a plugin for Uppy 6 that scrubs photos before any uploader gets them.

import { BasePlugin } from '@uppy/core';
import type { Body, Meta, PluginOpts, Uppy, UppyFile } from '@uppy/core';

import { ScrubError } from '../index.js';
import { asScrubError, Gate } from './gate.js';
import type { GateOptions } from './gate.js';
import { share } from './selection.js';

export type { GateOptions, PhotoScrubber } from './gate.js';
export type { Words } from './words.js';

/** Those of `scrub`, those of every adapter, and Uppy's `id`. */
export interface DarkslideOptions extends PluginOpts, GateOptions {}

/**
 * `uppy.use(Darkslide, options)`: every file goes through the scrubber as the last step before it is uploaded, whatever other plugins have
 * made of it, and is uploaded under our name. A file that cannot be scrubbed is removed, with a message and the event `restriction-failed`;
 * so is one that never was in this browser (from a remote provider). Previews and what Golden Retriever keeps stay on the device.
 */
export default class Darkslide<M extends Meta, B extends Body> extends BasePlugin<DarkslideOptions, M, B> {
  readonly #gate: Gate;
  readonly #running = new Map<string, AbortController>();
  #add: Uppy<M, B>['addPreProcessor'] = () => undefined;
  #restore: () => void = () => undefined;

  constructor(uppy: Uppy<M, B>, options: DarkslideOptions = {}) {
    super(uppy, options);
    const { id = 'Darkslide', locale, ...gate } = options;
    this.id = id;
    this.type = 'modifier';
    this.#gate = new Gate(gate);
    this.defaultLocale = { strings: { cleaningPhotos: 'Cleaning photos…' } };
    this.i18nInit();
  }

  override install(): void {
    const { uppy } = this;
    const { addPreProcessor } = uppy;
    this.#add = addPreProcessor.bind(uppy);
    // Even while an upload begins, after which Uppy asks for no other step.
    uppy.addPreProcessor = (step) => {
      this.#add(step);
      this.#goLast();
    };
    this.#restore = () => {
      uppy.addPreProcessor = addPreProcessor;
    };
    this.uppy.on('upload', this.#goLast);
    this.uppy.on('restored', this.#fromTheStart);
    this.uppy.on('file-removed', this.#stop);
    // Golden Retriever may have been quicker.
    this.#fromTheStart();
  }

  override uninstall(): void {
    this.#restore();
    this.uppy.removePreProcessor(this.#prepare);
    this.uppy.off('upload', this.#goLast);
    this.uppy.off('restored', this.#fromTheStart);
    this.uppy.off('file-removed', this.#stop);
    for (const stop of this.#running.values()) stop.abort();
    this.#gate.close();
  }

  /** Uppy takes steps in the order in which they were added; what another plugin makes of a file is scrubbed too. */
  readonly #goLast = (): void => {
    this.uppy.removePreProcessor(this.#prepare);
    this.#add(this.#prepare);
  };

  /** An upload that is taken up again after a crash would go on behind this step, perhaps with the original. */
  readonly #fromTheStart = (): void => {
    this.#goLast();
    const { currentUploads } = this.uppy.getState();
    const again = Object.entries(currentUploads).map(([id, upload]) => [id, { ...upload, step: 0 }]);
    if (again.length > 0) this.uppy.setState({ currentUploads: Object.fromEntries(again) });
  };

  readonly #stop = ({ id }: { id: string }): void => this.#running.get(id)?.abort();

  readonly #prepare = async (ids: string[]): Promise<void> => {
    await Promise.all(ids.map((id) => this.#scrub(id)));
    for (const id of ids) {
      const file = this.uppy.getFile(id);
      if (file !== undefined) this.uppy.emit('preprocess-complete', file);
    }
    // Who heard of that may have put something else in.
    await Promise.all(ids.map((id) => this.#scrub(id, false)));
  };

  async #scrub(id: string, shows = true): Promise<void> {
    const file: UppyFile<M, B> | undefined = this.uppy.getFile(id);
    if (file === undefined) return;
    const stop = new AbortController();
    this.#running.set(id, stop);
    try {
      const show = (value: number): void => {
        if (shows && !stop.signal.aborted) this.uppy.emit('preprocess-progress', file, { mode: 'determinate', message: this.i18n('cleaningPhotos'), value });
      };
      show(0);
      const { file: clean } = await this.#gate.pass(photo(file), { signal: stop.signal, onProgress: (progress) => show(share(progress)) });
      if (this.uppy.getFile(id) === undefined) return;
      this.uppy.setFileState(id, this.#state(this.uppy.getFile(id), clean));
    } catch (thrown) {
      this.#refuse(id, asScrubError(thrown));
    } finally {
      this.#running.delete(id);
    }
  }

  /** All that says what the original was called or where it lay goes; what the page's own fields say stays. */
  #state(file: UppyFile<M, B>, clean: File): Partial<UppyFile<M, B>> {
    const { name, type, size } = clean;
    const meta = { ...file.meta, name, type };
    for (const path of ['relativePath', 'webkitRelativePath', 'absolutePath']) if (path in meta) Object.assign(meta, { [path]: null });
    const state = { data: clean, name, type, size, extension: name.split('.').pop() ?? '', meta, progress: { ...file.progress, bytesTotal: size } };
    return state as Partial<UppyFile<M, B>>;
  }

  /** Where a file cannot be taken out of an upload, this throws, and Uppy ends the whole upload. */
  #refuse(id: string, error: ScrubError): void {
    const file = this.uppy.getFile(id);
    // Removed by the person, who needs no message.
    if (file === undefined) return;
    this.uppy.removeFile(id);
    const message = this.#gate.sentence(error);
    this.uppy.info(message, 'error', MESSAGE_MS);
    this.uppy.emit('restriction-failed', file, Object.assign(new Error(message, { cause: error }), { isRestriction: true }));
  }
}

/** A file of this browser's. */
function photo<M extends Meta, B extends Body>(file: UppyFile<M, B>): Blob {
  if (file.isRemote || !isBlob(file.data)) throw new ScrubError('unsupported', 'the file is not in this browser, so that it cannot be scrubbed before it is uploaded');
  return file.data;
}

function isBlob(data: unknown): data is Blob {
  return ['[object Blob]', '[object File]'].includes(Object.prototype.toString.call(data));
}

const MESSAGE_MS = 8000;
