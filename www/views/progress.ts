// How far a photo is.

import type { Stage } from 'darkslide';

import type { Photo } from '../state.js';

/** 0 to 1, over the two calls for a photo: looking and covering. */
export function progressShare({ found }: Photo, { stage, fraction }: NonNullable<Photo['progress']>): number {
  const inCall = (STAGES.indexOf(stage) + fraction) / STAGES.length;
  return found === undefined ? inCall * 0.5 : 0.5 + inCall * 0.5;
}

/** In the order in which they are gone through. */
const STAGES: readonly Stage[] = ['read', 'inspect', 'decode', 'detect', 'redact', 'encode', 'verify'];
