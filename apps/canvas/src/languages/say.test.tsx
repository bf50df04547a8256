// Messages said in one language and another.

import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, describe, expect, it } from 'vitest';
import german from './catalogues/de.json';
import english from './catalogues/en.json';
import chinese from './catalogues/zh-Hans.json';
import { pseudoCatalogue, pseudoMessage } from './pseudo.ts';
import { RichWords } from './rich-words.tsx';
import { say, speak } from './say.ts';
import { listWords, numberWords, timeWords } from './value-words.ts';

const speakEnglish = () => speak({ tag: 'en', locale: 'en', catalogue: english });
const speakGerman = () => speak({ tag: 'de', locale: 'de', catalogue: german });

afterEach(speakEnglish);

describe('what is said', () => {
  it('follows the plurals of each language', () => {
    expect([1, 2].map((count) => say('workspaces.tasks', { count }))).toEqual(['1 task', '2 tasks']);
    speakGerman();
    expect([1, 2].map((count) => say('workspaces.tasks', { count }))).toEqual(['1 Aufgabe', '2 Aufgaben']);
    speak({ tag: 'zh-Hans', locale: 'zh-Hans', catalogue: chinese });
    expect(say('workspaces.tasks', { count: 1 })).toBe('1 项任务');
  });

  it('writes numbers, dates and lists as the language does', () => {
    speakGerman();
    expect(numberWords(1234.5, 1)).toBe('1.234,5');
    expect(timeWords('2026-11-03T12:00:00Z', 'day')).toBe('03.11.2026');
    expect(say('approvals.approveCount', { count: 1200 })).toBe('1.200 freigeben');
    speak({ tag: 'zh-Hans', locale: 'zh-Hans', catalogue: chinese });
    expect(listWords(['甲', '乙'])).toBe('甲、乙');
  });

  it('makes elements of tags, and text of values, whatever they hold', () => {
    const html = renderToStaticMarkup(
      createElement(RichWords, {
        of: 'reorganise.pairs',
        values: { role: '<i>A</i>', others: '{b}' },
        tags: {
          b: (inside) => createElement('b', null, inside),
          soft: (inside) => createElement('i', null, inside),
        },
      }),
    );
    expect(html).toBe('<b>&lt;i&gt;A&lt;/i&gt;</b> <i>with</i> {b}');
  });
});

describe('the pseudo-language', () => {
  it('changes letters and nothing that a program reads', () => {
    expect(pseudoMessage('Save {name} now')).toBe('[Šávé {name} ñöw~~~]');
    expect(pseudoMessage('<b>{n, plural, one {# day} other {# days}}</b>')).toBe(
      '[<b>{n, plural, one {# dáý} other {# dáýš}}</b>~~~]',
    );
  });

  it('says every message between brackets and at least a fifth longer', () => {
    const catalogue = pseudoCatalogue(english);
    speak({ tag: 'en-XA', locale: 'en', catalogue });
    expect(say('approvals.approve')).toBe('[Åppröéé~~~]'.replace('éé', 'vé'));
    expect(say('workspaces.tasks', { count: 2 })).toMatch(/^\[2 táškš~+\]$/);
    const plain = Object.entries(english).filter(([, text]) => /\p{L}{2}/u.test(text) && !/[{<]/.test(text));
    for (const [key, text] of plain) {
      expect(catalogue[key as keyof typeof english].length, key).toBeGreaterThan(text.length * 1.2);
    }
  });
});
