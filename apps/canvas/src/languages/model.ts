// Languages: which there are, how each is written, and which one somebody gets who has chosen none. Pure.

export const LANGUAGES = [
  { tag: 'en', name: 'English', direction: 'ltr' },
  { tag: 'de', name: 'Deutsch', direction: 'ltr' },
  { tag: 'zh-Hans', name: '简体中文', direction: 'ltr' },
] as const;

/** Made from English: longer, accented, between brackets. Shows what is not in a catalogue or does not fit. */
export const PSEUDO = { tag: 'en-XA', name: 'Pseudo', direction: 'ltr' } as const;

export type Language = (typeof LANGUAGES)[number] | typeof PSEUDO;
export type LanguageTag = Language['tag'];

export const LANGUAGE_KEY = 'molecule.language';

/** `saved` wins; else the first language of the browser that there is; else English. */
export function pickLanguage(saved: string | null, browser: readonly string[]): Language {
  const chosen = [...LANGUAGES, PSEUDO].find(({ tag }) => tag === saved);
  if (chosen) return chosen;
  for (const wanted of browser) {
    const found = LANGUAGES.find(({ tag }) => isSpokenAs(tag, wanted));
    if (found) return found;
  }
  return LANGUAGES[0];
}

/** The locale for dates and numbers: the browser's own region where it speaks this language, else the language itself. */
export function pickLocale(tag: LanguageTag, browser: readonly string[]): string {
  if (tag === PSEUDO.tag) return 'en';
  return browser.find((wanted) => isSpokenAs(tag, wanted)) ?? tag;
}

/** `de-AT` is spoken as `de`; Chinese goes by its script, which regions imply. */
function isSpokenAs(tag: string, wanted: string): boolean {
  try {
    const [own, asked] = [new Intl.Locale(tag).maximize(), new Intl.Locale(wanted).maximize()];
    return own.language === asked.language && (own.language !== 'zh' || own.script === asked.script);
  } catch {
    // A browser may be configured with anything; what is no language tag is nobody's language.
    return false;
  }
}
