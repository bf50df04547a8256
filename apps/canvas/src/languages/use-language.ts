// Use language: the language of this page, kept in this browser and said on the page, for screen readers and hyphens.

import { useSyncExternalStore } from 'react';
import { LANGUAGE_KEY, type Language, type LanguageTag, pickLanguage, pickLocale } from './model.ts';
import { type Catalogue, speak } from './say.ts';

const CHANGED = 'molecule:language';

/** Fetched when somebody speaks it; English is part of the page. */
const LOADERS: Readonly<Record<LanguageTag, () => Promise<Catalogue>>> = {
  en: async () => (await import('./catalogues/en.json')).default,
  de: async () => (await import('./catalogues/de.json')).default,
  'zh-Hans': async () => (await import('./catalogues/zh-Hans.json')).default,
  'en-XA': async () =>
    (await import('./pseudo.ts')).pseudoCatalogue((await import('./catalogues/en.json')).default),
};

let current: LanguageTag = 'en';

/** Called before the first rendering. A catalogue that can't be fetched leaves the page in English. */
export async function speakSavedLanguage(): Promise<void> {
  await load(pickLanguage(readSaved(), navigator.languages));
}

/** Which language the page speaks now; whoever reads it is rendered again when that changes. */
export function useLanguage(): LanguageTag {
  return useSyncExternalStore(
    (onChange) => {
      window.addEventListener(CHANGED, onChange);
      return () => window.removeEventListener(CHANGED, onChange);
    },
    () => current,
  );
}

/** False when its catalogue could not be fetched: then the page stays as it is. */
export async function chooseLanguage(tag: LanguageTag): Promise<boolean> {
  if (!(await load(pickLanguage(tag, [])))) return false;
  try {
    localStorage.setItem(LANGUAGE_KEY, tag);
  } catch (error) {
    console.warn('the language is not kept: this browser refuses storage', error);
  }
  window.dispatchEvent(new Event(CHANGED));
  return true;
}

async function load({ tag, direction }: Language): Promise<boolean> {
  try {
    const catalogue = await LOADERS[tag]();
    speak({ tag, locale: pickLocale(tag, navigator.languages), catalogue });
    current = tag;
    document.documentElement.lang = tag;
    document.documentElement.dir = direction;
    return true;
  } catch (error) {
    console.warn('a language was not loaded', error);
    return false;
  }
}

function readSaved(): string | null {
  try {
    return localStorage.getItem(LANGUAGE_KEY);
  } catch {
    // Storage may be refused; then the browser's language counts.
    return null;
  }
}
