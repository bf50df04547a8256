// Canvas gates: words in catalogues, languages that agree, and CSS that can be mirrored; each turns red on a planted violation.

import { describe, expect, it } from 'vitest';
import { cataloguesAgree } from './catalogues-agree.ts';
import { LITERAL_EXCEPTIONS, literalWords } from './literal-words.ts';
import { logicalCss, PHYSICAL_EXCEPTIONS } from './logical-css.ts';
import { expectRedOnly, problemsIn } from './testing/plant-tree.ts';

const SRC = 'apps/canvas/src/';

describe('words in catalogues', () => {
  const clean = {
    [`${SRC}good.tsx`]: `
      import { say } from './languages/say.ts';
      const ICONS = { online: 'Online thing' } as const;
      const TABS = [{ tab: 'chat', label: 'panel.chat' }];
      export const Good = ({ name, isOn }: { name: string; isOn: boolean }) => {
        if (name === 'Not a word of ours') throw new Error('Broken in a way that only developers see');
        console.warn('This is for developers', name);
        return (
          <p className="flex text-ink" title={say('a.b')} data-kind="Some words here" aria-label={isOn ? say('a.c') : name}>
            {say('a.b')} · {name} <input placeholder="notes.md" />
          </p>
        );
      };`.replace("'Online thing'", "'online'"),
    [`${SRC}good.test.tsx`]: 'export const Bad = () => <p>Words in a test</p>;',
    'apps/edge/src/words.ts': "export const label = { title: 'Another app' };",
  };

  it.each([
    'export const Bad = () => <p>Hello</p>;',
    'export const Bad = () => <p>{"Hello"}</p>;',
    'export const Bad = ({ n }: { n: number }) => <p>{n > 1 ? `$' + '{n} roles` : null}</p>;',
    'export const Bad = () => <button aria-label="Close" />;',
    'export const Bad = ({ a }: { a: string }) => <input placeholder={`Message $' + '{a}`} />;',
    "export const Bad = ({ on }: { on: boolean }) => <a title={on ? 'Shown' : 'hidden'} />;",
    "export const bad = (notify: (n: object) => void) => notify({ title: 'Gone' });",
    "export const bad = (attempt: (words: string) => void) => attempt('The role was not moved');",
    "import { say } from './languages/say.ts';\nexport const EARLY = [{ label: say('a.b') }];",
  ])('refuse %s', async (text) => {
    await expectRedOnly(literalWords, clean, { [`${SRC}bad.tsx`]: text });
  });

  it('give a reason for each exception', () => {
    for (const why of Object.values(LITERAL_EXCEPTIONS)) expect(why.length).toBeGreaterThan(20);
  });
});

describe('languages that agree', () => {
  const tree = (german: Record<string, string>, code = '', english: Record<string, string> = {}) => ({
    [`${SRC}languages/catalogues/en.json`]: JSON.stringify({
      'a.hello': 'Hello {name}',
      'a.days': '<b>{n, plural, one {# day} other {# days}}</b>',
      ...english,
    }),
    [`${SRC}languages/catalogues/de.json`]: JSON.stringify({
      'a.hello': 'Hallo {name}',
      'a.days': '<b>{n, plural, one {# Tag} other {# Tage}}</b>',
      ...german,
    }),
    [`${SRC}use.tsx`]: `const key: string = 'a.hello'; say('a.hello', { name }); ${code}
      export const Use = () => <RichWords of="a.days" values={{ n: 1 }} tags={{ b: bold }} />;`,
  });

  it('are green when they do', async () => {
    expect(await problemsIn(cataloguesAgree, tree({}))).toEqual([]);
  });

  it.each([
    ['a message that one language lacks', tree({}, "say('a.new');", { 'a.new': 'New' }), 'lacks a.new'],
    ['another argument', tree({ 'a.hello': 'Hallo {wer}' }), 'a.hello has other arguments'],
    ['a lost tag', tree({ 'a.days': '{n} Tage' }), 'a.days has other arguments or tags'],
    ['a message that English lacks', tree({ 'a.more': 'Mehr' }), 'has a.more'],
    ['a broken message', tree({ 'a.hello': 'Hallo {name' }), 'a.hello is no ICU message'],
    [
      'a message that nobody asks for',
      tree({ 'a.old': 'Alt' }, '', { 'a.old': 'Old' }),
      'a.old is asked for by',
    ],
    [
      'a key that is in no catalogue',
      tree({}, "say(on ? 'a.hello' : 'a.typo', { name });"),
      'asks for a.typo',
    ],
    ['an argument that is not given', tree({}, "say('a.hello');"), 'gives a.hello no name'],
    ['a tag that is not given', tree({}, '<RichWords of="a.days" values={{ n }} tags={{}} />;'), 'no b'],
  ])('are red on %s', async (_what, files, message) => {
    expect((await problemsIn(cataloguesAgree, files)).join('\n')).toContain(message);
  });
});

describe('CSS that can be mirrored', () => {
  const clean = {
    [`${SRC}good.tsx`]: `
      export const ARROW = { left: 1, right: 2 };
      export const Good = () => <p className="ms-2 -me-1 start-0 inset-x-0 rounded-l border-line text-start shadow-left" style={{ marginInlineStart: 1 }} />;`,
    [`${SRC}good.css`]: '.a { margin-inline-start: 1px; text-align: start; border-radius: 2px; }',
    [`${SRC}good.test.tsx`]: 'export const Bad = () => <p className="ml-2" />;',
  };

  it.each([
    ['bad.tsx', 'export const Bad = () => <p className="flex ml-2" />;'],
    ['bad.tsx', 'export const Bad = () => <p className="max-[720px]:-mr-[3px]" />;'],
    ['bad.tsx', 'export const Bad = () => <p className="left-1/2" />;'],
    ['bad.tsx', 'export const Bad = () => <p className="border-l border-line" />;'],
    ['bad.tsx', 'export const Bad = () => <p className="rounded-br-s" />;'],
    ['bad.tsx', 'export const Bad = () => <p className="hover:text-left" />;'],
    ['bad.tsx', 'export const Bad = () => <p style={{ left: 4 }} />;'],
    ['bad.tsx', 'export const Bad = () => <p style={{ paddingRight: 4 }} />;'],
    ['bad.css', '.a { margin-left: 1px; }'],
    ['bad.css', '.a { right: 0; }'],
    ['bad.css', '.a { text-align: left; }'],
  ])('refuse, in %s, %s', async (name, text) => {
    await expectRedOnly(logicalCss, clean, { [`${SRC}${name}`]: text });
  });

  it('give a reason for each exception', () => {
    for (const why of Object.values(PHYSICAL_EXCEPTIONS)) expect(why.length).toBeGreaterThan(20);
  });
});
