// Explaining who may talk: X1 and X2 over random charts, and the sentences.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explainCommunication, type NamedChart } from './explain-communication.ts';
import { canCommunicate, judgeCommunication } from './org-chart.ts';

type Parents = Map<string, string | null>;
const chartOf = (parents: Parents): NamedChart => ({
  parentOf: (id) => parents.get(id),
  nameOf: (id) => (parents.has(id) ? id.toUpperCase() : undefined),
});

/** Parents stand before their children in the list; some roles are taken out again. */
const forest = fc
  .array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 9 })), { minLength: 1, maxLength: 24 })
  .map((rolls) => {
    const parents: Parents = new Map();
    rolls.forEach(([pick, luck], i) => {
      parents.set(`r${i}`, i === 0 || luck < 2 ? null : `r${pick % i}`);
    });
    rolls.forEach(([, luck], i) => {
      if (luck === 9) parents.delete(`r${i}`);
    });
    return { parents, ids: rolls.map((_, i) => `r${i}`).concat('never-there') };
  });

const tangle = fc
  .array(fc.option(fc.nat(13), { nil: null }), { minLength: 1, maxLength: 12 })
  .map((list): Parents => new Map(list.map((parent, i) => [`r${i}`, parent === null ? null : `r${parent}`])));

const sample: Parents = new Map([
  ['boss', null],
  ['other', null],
  ['a', 'boss'],
  ['b', 'boss'],
  ['a1', 'a'],
  ['b1', 'b'],
  ['c', 'other'],
]);

describe('why two roles may talk', () => {
  it('is always what the rule says, on any chart (X1)', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          forest.map(({ parents }) => parents),
          tangle,
        ),
        (parents) => {
          const chart = chartOf(parents);
          for (const from of [...parents.keys(), 'nobody']) {
            for (const to of [...parents.keys(), 'nobody']) {
              const why = explainCommunication(chart, from, to);
              expect({ allowed: why.allowed, rule: why.rule }).toEqual(judgeCommunication(chart, from, to));
              expect(why.sentence).toMatch(/\.$/);
            }
          }
        },
      ),
    );
  });

  it('suggests a relay that may talk to both, exactly when there is one and it is needed (X2)', () => {
    fc.assert(
      fc.property(forest, ({ parents, ids }) => {
        const chart = chartOf(parents);
        for (const from of ids) {
          for (const to of ids) {
            const { allowed, relay } = explainCommunication(chart, from, to);
            const able = [...parents.keys()].filter(
              (id) => canCommunicate(chart, from, id) && canCommunicate(chart, id, to),
            );
            if (allowed || able.length === 0) expect(relay).toBeNull();
            else expect(able, `${from} → ${to}`).toContain(relay);
          }
        }
      }),
    );
  });

  it.each([
    ['a1', 'b1', 'boss'],
    ['a1', 'b', 'a'],
    ['a', 'b1', 'b'],
    ['a', 'other', 'boss'],
    ['a1', 'c', null],
  ])('suggests for %s and %s the lowest role that can: %s', (from, to, relay) => {
    expect(explainCommunication(chartOf(sample), from, to).relay).toBe(relay);
  });

  it.each([
    ['a', 'a', 'A may talk to itself.'],
    ['a', 'b', 'A and B may talk: both report to BOSS.'],
    ['boss', 'other', 'BOSS and OTHER may talk: both stand at the top of the chart.'],
    ['boss', 'a1', 'BOSS and A1 may talk: BOSS stands above A1.'],
    ['a1', 'boss', 'A1 and BOSS may talk: BOSS stands above A1.'],
    [
      'a1',
      'b1',
      'A1 and B1 may not talk: neither stands above the other, and they do not share a manager. BOSS may talk to both.',
    ],
    [
      'a1',
      'c',
      'A1 and C may not talk: neither stands above the other, and they do not share a manager. No single role may talk to both.',
    ],
    ['gone', 'a', 'gone is unknown or was removed: it talks to nobody.'],
    ['a', 'gone', 'gone is unknown or was removed: nobody talks to it.'],
  ])('says for %s and %s: %s', (from, to, sentence) => {
    expect(explainCommunication(chartOf(sample), from, to).sentence).toBe(sentence);
  });
});
