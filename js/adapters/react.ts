// The package `darkslide/react`: a hook that guards a form or a file input, and a file input that is guarded.

import { createElement, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { ComponentPropsWithoutRef, ReactElement, RefCallback } from 'react';

import { protect } from './forms.js';
import type { FormOptions, PhotosState, Protection } from './forms.js';
import type { Report } from '../index.js';

export type { FormOptions, PhotosState } from './forms.js';
export type { GateOptions, PhotoScrubber } from './gate.js';
export type { Words } from './words.js';

/** What {@link useDarkslide} gives. */
export interface Guarded {
  /** For the `ref` of a `<form>` or an `<input type="file">`. */
  ref: RefCallback<HTMLFormElement | HTMLInputElement>;
  /** For an input: its ref, `type`, and `disabled` until it is guarded, so that a page rendered on a server sends nothing before. */
  inputProps: { ref: RefCallback<HTMLInputElement>; type: 'file'; disabled: boolean };
  /** Whether it is guarded. */
  ready: boolean;
  /** What the photos are at: those of the input that changed last. */
  state: PhotosState;
  /** What is in the input, scrubbed. */
  files: readonly File[];
  /** On each of `files`; undefined for what is no photo. */
  reports: readonly (Report | undefined)[];
  busy: boolean;
  /** Resolves when nothing is being scrubbed: wait for it before `new FormData(form)`. */
  settled: () => Promise<void>;
}

/**
 * Guards the form or input that its `ref` is given to, as `protect` does, for as long as it is there.
 *
 * ```tsx
 * const { inputProps, state } = useDarkslide({ faces: 'blur' });
 * return <form action={save}><input {...inputProps} name="photo" />{state.phase === 'refused' && state.message}</form>;
 * ```
 */
export function useDarkslide(options: FormOptions = {}): Guarded {
  const [ready, setReady] = useState(false);
  const [state, setState] = useState<PhotosState>(EMPTY);
  const latest = useRef(options);
  const protection = useRef<Protection | undefined>(undefined);
  // What it does may change, and then what is being scrubbed begins anew; its callbacks may change with every rendering.
  const { scrubber, words, status, onReport, onState, ...settings } = options;
  const key = JSON.stringify(settings);
  const applied = useRef({ key, scrubber });
  const current = useCallback(
    (): FormOptions => ({
      ...latest.current,
      onReport: (report, file) => latest.current.onReport?.(report, file),
      onState: (next, input) => {
        setState(next);
        latest.current.onState?.(next, input);
      },
    }),
    [],
  );
  useEffect(() => {
    latest.current = options;
    if (applied.current.key === key && applied.current.scrubber === scrubber) return;
    applied.current = { key, scrubber };
    protection.current?.change(current());
  });
  const ref = useCallback(
    (element: HTMLFormElement | HTMLInputElement | null) => {
      protection.current?.release();
      protection.current = undefined;
      if (element === null) return;
      protection.current = protect(element, current());
      setState(EMPTY);
      setReady(true);
    },
    [current],
  );
  const settled = useCallback(async () => await protection.current?.settled(), []);
  return useMemo(
    () => ({
      ref,
      inputProps: { ref, type: 'file', disabled: !ready },
      ready,
      state,
      files: state.phase === 'ready' ? state.files : NONE,
      reports: state.phase === 'ready' ? state.reports : NONE,
      busy: state.phase === 'busy',
      settled,
    }),
    [ref, ready, state, settled],
  );
}

/** Those of an `<input>`, and how to scrub. */
export interface DarkslideInputProps extends Omit<ComponentPropsWithoutRef<'input'>, 'type' | 'value' | 'defaultValue'> {
  /** How to scrub, and whom to tell. */
  options?: FormOptions | undefined;
}

/** A file input whose photos are scrubbed before anything can send them. Disabled until it is guarded. */
export function DarkslideInput({ options, disabled = false, ...props }: DarkslideInputProps): ReactElement {
  const { inputProps, busy } = useDarkslide(options);
  return createElement('input', { ...props, ...inputProps, disabled: disabled || inputProps.disabled, 'aria-busy': busy });
}

const EMPTY: PhotosState = { phase: 'empty' };
const NONE: readonly never[] = [];
