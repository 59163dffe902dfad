// The package `darkslide`. Importing it touches nothing, so that it can be imported on a server too.

export { createScrubber } from './scrubber.js';
export { ScrubError } from './errors.js';
export { isScrubbed } from './brand.js';

export type * from './types.js';
