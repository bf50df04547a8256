// What is suggested of memories, and what is not.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainText } from '../memories/index.ts';
import { byReading, Comparison, NEAR, type SeenMemory } from './find-suggestions.ts';
import { likeness, sketchOf } from './likeness.ts';

let next = 0;
function memory(content: string, more: Partial<SeenMemory> = {}): SeenMemory {
  const id = `m${++next}`;
  return {
    id,
    namespace: 'workspace:w',
    content,
    kind: 'fact',
    isPinned: false,
    createdAt: 0,
    expiresAt: null,
    ...more,
  };
}

const TEXT =
  'the release goes out on the second Thursday of each month, after the tests were read by two people';
const DAY_MS = 86_400_000;

describe('of memories of one namespace', () => {
  it('one that says the same is suggested, whatever its case, accents and spaces', () => {
    const comparison = new Comparison();
    const first = memory('Café  at noon');
    const twin = memory(' cafe at NOON');
    expect(comparison.add(first)).toBeNull();
    expect(comparison.add(twin)).toMatchObject({ kind: 'duplicate', memoryId: twin.id, otherId: first.id });
  });

  it('one that says nearly the same is suggested, with how much', () => {
    const comparison = new Comparison();
    comparison.add(memory(TEXT));
    const near = memory(`${TEXT}.`);
    expect(comparison.add(near)).toMatchObject({
      kind: 'near_duplicate',
      memoryId: near.id,
      detail: expect.stringMatching(/^has about \d+ % in common with an older memory$/),
    });
  });

  it.each([
    [
      'another text',
      'lunch is served on the third floor from noon until two, except on holidays of the city',
    ],
    ['a short one', 'yes'],
  ])('%s is not', (_name, content) => {
    const comparison = new Comparison();
    comparison.add(memory(TEXT));
    comparison.add(memory('yep'));
    expect(comparison.add(memory(content))).toBeNull();
  });

  it('a summary or a checkpoint is never compared', () => {
    const comparison = new Comparison();
    comparison.add(memory(TEXT));
    expect(comparison.add(memory(TEXT, { kind: 'summary' }))).toBeNull();
    expect(comparison.add(memory(TEXT, { kind: 'checkpoint' }))).toBeNull();
  });

  it('a pinned one stays: the older goes, or neither', () => {
    const comparison = new Comparison();
    const older = memory(TEXT);
    comparison.add(older);
    const pinned = memory(TEXT, { isPinned: true });
    expect(comparison.add(pinned)).toMatchObject({
      memoryId: older.id,
      otherId: pinned.id,
      detail: 'says the same as a newer, pinned memory',
    });
    const both = new Comparison();
    both.add(memory(TEXT, { isPinned: true }));
    expect(both.add(memory(TEXT, { isPinned: true }))).toBeNull();
  });

  it('no suggestion holds a content', () => {
    const comparison = new Comparison();
    comparison.add(memory(TEXT));
    expect(JSON.stringify(comparison.add(memory(TEXT)))).not.toContain('Thursday');
  });
});

describe('likeness', () => {
  const runs = (text: string) => {
    const plain = plainText(text);
    return new Set(Array.from({ length: Math.max(1, plain.length - 4) }, (_, at) => plain.slice(at, at + 5)));
  };
  const exact = (a: string, b: string) => {
    const [one, other] = [runs(a), runs(b)];
    const common = [...one].filter((run) => other.has(run)).length;
    return common / (one.size + other.size - common);
  };

  it('is within a quarter of the exact share of common runs, and 1 for the same text', () => {
    const words = fc.array(
      fc.constantFrom('plum', 'quince', 'medlar', 'ships', 'Tuesday', 'noon', 'floor', 'three'),
      {
        minLength: 12,
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(words, words, (one, other) => {
        const [a, b] = [one.join(' '), [...one.slice(0, 8), ...other].join(' ')];
        const estimate = likeness(sketchOf(plainText(a)), sketchOf(plainText(b)));
        expect(Math.abs(estimate - exact(a, b))).toBeLessThan(0.25);
        expect(likeness(sketchOf(plainText(a)), sketchOf(plainText(a)))).toBe(1);
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it('finds nine of ten texts that differ in one word of forty', () => {
    const rank = (i: number) => ((i * 7_919) % 9_973).toString(36);
    let found = 0;
    for (let round = 0; round < 100; round++) {
      const words = Array.from({ length: 40 }, (_, i) => `w${rank(round * 41 + i)}x`);
      const comparison = new Comparison();
      comparison.add(memory(words.join(' ')));
      const changed = words.with(round % 40, 'changed');
      const share = exact(words.join(' '), changed.join(' '));
      if (comparison.add(memory(changed.join(' '))) !== null && share > NEAR - 0.1) found++;
    }
    expect(found).toBeGreaterThanOrEqual(75);
  });
});

describe('by reading', () => {
  const now = 200 * DAY_MS;
  const store = (read: string[], since: number) => ({
    readAmong: async (ids: readonly string[]) => new Set(ids.filter((id) => read.includes(id))),
    readsSince: async () => since,
  });

  it('what is read and ends within three days is suggested to be kept', async () => {
    const soon = memory('a', { expiresAt: now + DAY_MS });
    const later = memory('b', { expiresAt: now + 10 * DAY_MS });
    const unread = memory('c', { expiresAt: now + DAY_MS });
    const found = await byReading(store([soon.id, later.id], now), [soon, later, unread], now);
    expect(found.map(({ kind, memoryId }) => [kind, memoryId])).toEqual([['expiring', soon.id]]);
  });

  it('what nobody read in ninety days is suggested to go, once reading was noted for so long', async () => {
    const old = memory('a', { createdAt: now - 91 * DAY_MS });
    const read = memory('b', { createdAt: now - 91 * DAY_MS });
    const young = memory('c', { createdAt: now - 89 * DAY_MS });
    const pinned = memory('d', { createdAt: 0, isPinned: true });
    const all = [old, read, young, pinned];
    const found = await byReading(store([read.id], now - 90 * DAY_MS), all, now);
    expect(found.map(({ kind, memoryId }) => [kind, memoryId])).toEqual([['never_read', old.id]]);
    expect(await byReading(store([read.id], now - 89 * DAY_MS), all, now)).toEqual([]);
  });
});
