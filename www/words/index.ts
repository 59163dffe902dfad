// The language of the page: one at a time, for all views. Views are built anew when it changes.

import type { Words } from './en.js';

export type { Words } from './en.js';
export type Language = 'en' | 'de';

/** Each language by its own name. */
export const LANGUAGES: Readonly<Record<Language, string>> = { en: 'English', de: 'Deutsch' };

/** What the page says now. */
export function words(): Words {
  if (current === undefined) throw new Error('no language was loaded yet');
  return current;
}

export function isLanguage(name: string | null): name is Language {
  return name !== null && Object.hasOwn(LANGUAGES, name);
}

/** The first of the person's languages that the page has, else English. */
export function preferred(languages: readonly string[]): Language {
  return languages.map((tag) => tag.toLowerCase().split('-')[0] ?? '').find(isLanguage) ?? 'en';
}

/**
 * Makes `language` that of the page, the text of index.html included: elements name theirs by `data-words`, labels by `data-label`. Each
 * language is a file of its own, and loaded when it is asked for.
 */
export async function speak(language: Language): Promise<void> {
  current = language === 'de' ? (await import('./de.js')).de : (await import('./en.js')).en;
  document.documentElement.lang = language;
  document.documentElement.dir = current.direction;
  document.title = current.page.title;
  document.querySelector('meta[name="description"]')?.setAttribute('content', current.page.description);
  for (const target of document.querySelectorAll<HTMLElement>('[data-words]')) target.textContent = sentence(current, target.dataset['words'] ?? '');
  for (const target of document.querySelectorAll<HTMLElement>('[data-label]')) target.setAttribute('aria-label', sentence(current, target.dataset['label'] ?? ''));
}

export function percent(share: number): string {
  return new Intl.NumberFormat(words().locale, { style: 'percent' }).format(share).replace(/\s*%/, ' %');
}

export function fileSize(bytes: number): string {
  const number = (value: number, digits: number): string => new Intl.NumberFormat(words().locale, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
  if (bytes < 1000) return `${bytes} ${words().findings.bytes}`;
  return bytes < 1e6 ? `${number(bytes / 1000, 0)} kB` : `${number(bytes / 1e6, 1)} MB`;
}

function sentence(all: Words, path: string): string {
  const found: unknown = path.split('.').reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), all);
  if (typeof found !== 'string') throw new Error(`index.html asks for the words ${path}, and there are none`);
  return found;
}

let current: Words | undefined;
