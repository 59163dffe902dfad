// What people read where a form or an upload says no. No file's name is in it: such lines end up in logs.

import type { ErrorCode, ScrubError } from '../index.js';

/** Sentences for people, by what happened. `busy` is said while photos are worked on, `ready` when they may be sent. */
export type Words = Record<ErrorCode | 'busy' | 'ready', string>;

/** English; any of them can be replaced with the option `words`. */
export const WORDS: Words = {
  busy: 'Photos are being cleaned. Please wait a moment.',
  ready: 'Cleaned, and ready to be sent.',
  'unknown-format': 'This file is no photo that can be cleaned, so it was not added.',
  unsupported: 'Photos of this kind cannot be cleaned here, so it was not added.',
  malformed: 'This photo is damaged and could not be cleaned, so it was not added.',
  'limit-exceeded': 'This photo is too large to be cleaned, so it was not added.',
  'invalid-option': 'This photo could not be cleaned because of a mistake in the page, so it was not added.',
  model: 'This photo could not be cleaned because of a mistake in the page, so it was not added.',
  'not-clean': 'This photo could not be cleaned completely, so it was not added.',
  aborted: 'Cleaning this photo was stopped, so it was not added.',
  crashed: 'Cleaning this photo failed, so it was not added. Please try again.',
};

/** The sentence for `error`; of several files, with the place of the one that it is about, counted from 1. */
export function sentence(words: Words, error: ScrubError, place?: { index: number; count: number }): string {
  const said = words[error.code];
  return place === undefined || place.count === 1 ? said : `${place.index + 1}/${place.count}: ${said}`;
}
