// The types that every entry with a scrubber exports.

export type { AllHooks, AllResult, Hooks, Scrubber, ScrubberOptions, ScrubResult } from './scrubber.js';
export type { ErrorCode } from './errors.js';
export type { Input } from './input.js';
export type { Backend, Progress, Stage, Verification } from './protocol.js';
export type { Face, FaceMode, Format, FoundFace, Identity, Keep, Kept, Mark, MetadataKind, Options, OutputFormat, Redaction, Region, Removed, Report, Sensitivity, StripOptions } from '../dist/wasm/darkslide.js';
