// Sentences for the stages of the work and for what can go wrong.

import type { ErrorCode, Stage } from 'darkslide';

/** In the order in which they are gone through. */
export const STAGES: Readonly<Record<Stage, string>> = {
  read: 'Reading the photo …',
  inspect: 'Looking for hidden data …',
  decode: 'Opening the picture …',
  detect: 'Looking for faces …',
  redact: 'Covering …',
  encode: 'Writing the new file …',
  verify: 'Checking the new file …',
};

/** What to say and what to do about each failure. */
export const ADVICE: Readonly<Record<ErrorCode, { readonly title: string; readonly what: string }>> = {
  'unknown-format': {
    title: 'This is no photo that we know',
    what: 'darkslide reads JPEG, PNG, WebP, GIF, TIFF, BMP, HEIC, AVIF and JPEG XL. Phones and photo programs can save a photo as JPEG; a screenshot of it works too.',
  },
  unsupported: {
    title: 'This kind of photo is not supported yet',
    what: 'Faces can be covered in JPEG, PNG and WebP, if they do not move. Save this one as such with the program that shows it, then try that file.',
  },
  malformed: {
    title: 'This file is damaged',
    what: 'Perhaps it was not copied completely. Take it from your camera or phone again, or take a screenshot of it.',
  },
  'limit-exceeded': {
    title: 'This photo is too large',
    what: 'It would take more memory than a browser tab has. Shrink it first, then try again.',
  },
  'invalid-option': {
    title: 'The choices do not fit this photo',
    what: 'Remove the places that you marked, or choose another file type, then try again.',
  },
  model: {
    title: 'The search for faces could not start',
    what: 'Part of this page is damaged. Load the page again.',
  },
  'not-clean': {
    title: 'The new file did not pass its check',
    what: 'Something was still left in it, so it was thrown away. Cover with a solid colour, or mark the face by hand with a larger box.',
  },
  aborted: {
    title: 'Stopped',
    what: 'The work on this photo was stopped.',
  },
  crashed: {
    title: 'The work broke off',
    what: 'Most likely there was not enough memory. Close other tabs, then try again.',
  },
};
