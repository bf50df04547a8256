// Which language somebody gets.

import { describe, expect, it } from 'vitest';
import { pickLanguage, pickLocale } from './model.ts';

describe('the language of a page', () => {
  it.each([
    [null, ['de-AT', 'en'], 'de'],
    [null, ['fr', 'zh-CN'], 'zh-Hans'],
    [null, ['zh-TW'], 'en'],
    [null, ['fr', 'not a tag!'], 'en'],
    [null, [], 'en'],
    ['zh-Hans', ['de'], 'zh-Hans'],
    ['en-XA', ['de'], 'en-XA'],
    ['klingon', ['de'], 'de'],
  ])('is, with %j saved and %j in the browser, %s', (saved, browser, tag) => {
    expect(pickLanguage(saved, browser).tag).toBe(tag);
  });

  it('writes dates and numbers as the region of the browser does, where it speaks that language', () => {
    expect(pickLocale('en', ['de-AT', 'en-GB'])).toBe('en-GB');
    expect(pickLocale('de', ['en-GB'])).toBe('de');
    expect(pickLocale('en-XA', ['de'])).toBe('en');
  });
});
