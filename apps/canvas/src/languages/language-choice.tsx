// Language choice: the languages by their own names, for pages that have no palette yet.

import { Select } from '../ui/field.tsx';
import { LANGUAGES, type LanguageTag } from './model.ts';
import { say } from './say.ts';
import { chooseLanguage, useLanguage } from './use-language.ts';

export function LanguageChoice() {
  const tag = useLanguage();
  return (
    <Select<LanguageTag>
      label={say('languages.language')}
      value={tag}
      onChoose={(next) => void chooseLanguage(next)}
      options={LANGUAGES.map(({ tag: value, name }) => ({ value, label: name }))}
    />
  );
}
