// What a person chooses for all photos. It is kept in the address's fragment, which no browser sends anywhere, and never in storage: a
// bookmark keeps it, a closed tab forgets it. Only what differs from the defaults is written. Anybody can write an address: what covers less or
// keeps more than the page would by itself is taken from it only when a person says yes.

import type { Keep, Options, Sensitivity } from 'darkslide';

import { isLanguage, preferred } from './words/index.js';
import type { Language } from './words/index.js';

/** The ways of covering that cannot be undone. */
export type Mode = 'blur' | 'mosaic' | 'fill';
export const MODES: readonly Mode[] = ['blur', 'mosaic', 'fill'];

export type Look = 'off' | Sensitivity;

export interface Settings {
  readonly language: Language;
  /** How hard to look for faces. With `off` nobody does, from the first photo on. */
  readonly look: Look;
  readonly cover: Mode;
  readonly identity: NonNullable<Options['identity']>;
  readonly keep: Readonly<Required<Keep>>;
  readonly format: NonNullable<Options['format']>;
  /** 1 to 100. */
  readonly quality: number;
  /** Px, or as it is. */
  readonly maxSide: number | null;
}

/** The defaults, in the first of the person's languages that the page has. */
export function defaults(): Settings {
  return {
    language: preferred(navigator.languages),
    look: 'balanced',
    cover: 'blur',
    identity: 'keep',
    keep: { copyright: false, date: false, coarseLocation: false },
    format: 'same',
    quality: 85,
    maxSide: null,
  };
}

/** Reads a fragment; what it does not say, or says wrongly, is as the defaults have it. */
export function fromFragment(fragment: string): Settings {
  const said = new URLSearchParams(fragment.replace(/^#/, ''));
  const usual = defaults();
  const one = <V extends string>(name: string, allowed: readonly V[], otherwise: V): V => allowed.find((value) => value === said.get(name)) ?? otherwise;
  const number = (name: string, least: number, most: number): number | undefined => {
    const value = Number(said.get(name) ?? Number.NaN);
    return Number.isInteger(value) && value >= least && value <= most ? value : undefined;
  };
  const language = said.get('lang');
  const kept = (said.get('keep') ?? '').split('.');
  return {
    language: isLanguage(language) ? language : usual.language,
    look: one('look', LOOKS, usual.look),
    cover: one('cover', MODES, usual.cover),
    identity: one('identity', ['keep', 'reset'], usual.identity),
    keep: { copyright: kept.includes('copyright'), date: kept.includes('date'), coarseLocation: kept.includes('place') },
    format: one('format', ['same', 'jpeg', 'png', 'webp'], usual.format),
    quality: number('quality', 1, 100) ?? usual.quality,
    maxSide: number('side', 1, 100_000) ?? usual.maxSide,
  };
}

/** The fragment for `settings`, without `#`; empty for the defaults. */
export function toFragment(settings: Settings): string {
  const usual = defaults();
  const { copyright, date, coarseLocation } = settings.keep;
  const kept = [copyright && 'copyright', date && 'date', coarseLocation && 'place'].filter((name) => name !== false);
  const said = new URLSearchParams();
  if (settings.language !== usual.language) said.set('lang', settings.language);
  if (settings.look !== usual.look) said.set('look', settings.look);
  if (settings.cover !== usual.cover) said.set('cover', settings.cover);
  if (settings.identity !== usual.identity) said.set('identity', settings.identity);
  if (kept.length > 0) said.set('keep', kept.join('.'));
  if (settings.format !== usual.format) said.set('format', settings.format);
  if (settings.quality !== usual.quality) said.set('quality', String(settings.quality));
  if (settings.maxSide !== null) said.set('side', String(settings.maxSide));
  return said.toString();
}

/** What an address asks for, as far as it is taken without a question, and what must be asked first. */
export interface Request {
  readonly settings: Settings;
  readonly asked: Partial<Settings>;
}

/** Sorts what an address asks for; `now` are the settings that hold. A setting is asked about if it is weaker than the default or than what holds. */
export function requested(wanted: Settings, now: Settings): Request {
  const usual = defaults();
  const names = NAMES.filter((name) => !isSame(wanted, now, name) && (WEAKER[name](wanted, usual) || WEAKER[name](wanted, now)));
  const of = (from: Settings): Partial<Settings> => Object.fromEntries(names.map((name) => [name, from[name]]));
  return { settings: { ...wanted, ...of(now) }, asked: of(wanted) };
}

/** Whether nothing in `settings` covers less or keeps more than the defaults. */
export function isHarmless(settings: Settings): boolean {
  const usual = defaults();
  return NAMES.every((name) => !WEAKER[name](settings, usual));
}

type Weaker = (wanted: Settings, than: Settings) => boolean;

/** For each setting, what covers less or keeps more. What is not known to be harmless is weaker; the type sees to it that none is left out. */
const WEAKER: Readonly<Record<keyof Settings, Weaker>> = {
  language: () => false,
  // Nobody looks, or not as hard: faces stay visible.
  look: (wanted, than) => LOOKS.indexOf(wanted.look) < LOOKS.indexOf(than.look),
  // None of the ways that the page has can be undone. `gaussian`, which can, is none of them, and an address that asks for it gets the default.
  cover: () => false,
  identity: (wanted, than) => wanted.identity === 'keep' && than.identity === 'reset',
  // Each fact tells something of the person.
  keep: (wanted, than) => FACTS.some((fact) => wanted.keep[fact] && !than.keep[fact]),
  // JPEG loses some of what a camera leaves in the pixels; PNG and WebP, as we write them, lose nothing, and the same type may be one of these.
  format: (wanted, than) => LOSSY.indexOf(wanted.format) < LOSSY.indexOf(than.format),
  quality: (wanted, than) => wanted.quality > than.quality,
  maxSide: (wanted, than) => (wanted.maxSide ?? Infinity) > (than.maxSide ?? Infinity),
};
const NAMES = Object.keys(WEAKER).filter((name): name is keyof Settings => name in WEAKER);

function isSame(one: Settings, other: Settings, name: keyof Settings): boolean {
  return JSON.stringify(one[name]) === JSON.stringify(other[name]);
}

export const FACTS: readonly (keyof Keep)[] = ['copyright', 'date', 'coarseLocation'];
const LOSSY: readonly Settings['format'][] = ['same', 'jpeg'];
export const LOOKS: readonly Look[] = ['off', 'fast', 'balanced', 'thorough'];
