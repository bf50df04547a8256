// The communication rule, held against an oracle that knows sets of people instead of walks, over random charts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ancestorsOf,
  canCommunicate,
  isAncestor,
  judgeCommunication,
  judgeMove,
  MAX_DEPTH,
  type OrgChart,
} from './org-chart.ts';

type Parents = Map<string, string | null>;
const chartOf = (parents: Parents): OrgChart => ({ parentOf: (id) => parents.get(id) });

/** Each role's parent stands before it in the list, so there are no cycles; then some roles are taken out. */
const forest = fc
  .array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 9 })), { minLength: 1, maxLength: 30 })
  .map((rolls) => {
    const parents: Parents = new Map();
    rolls.forEach(([pick, luck], i) => {
      parents.set(`r${i}`, i === 0 || luck < 3 ? null : `r${pick % i}`);
    });
    rolls.forEach(([, luck], i) => {
      if (luck === 9) parents.delete(`r${i}`);
    });
    return { parents, ids: rolls.map((_, i) => `r${i}`).concat('never-there') };
  });

/** Any parent may stand anywhere: cycles, missing parents, oneself. */
const anything = fc
  .array(fc.option(fc.nat(15), { nil: null }), { minLength: 1, maxLength: 12 })
  .map((list) => new Map(list.map((parent, i) => [`r${i}`, parent === null ? null : `r${parent}`])));

/** Independent of the code under test: who stands below whom is computed downwards, as sets. */
function oracle(parents: Parents, from: string, to: string): boolean {
  if (!parents.has(from) || !parents.has(to)) return false;
  if (from === to || parents.get(from) === parents.get(to)) return true;
  return below(parents, from).has(to) || below(parents, to).has(from);
}

function below(parents: Parents, top: string): Set<string> {
  const found = new Set<string>();
  for (let grew = true; grew; ) {
    grew = false;
    for (const [id, parent] of parents) {
      if (parent !== null && (parent === top || found.has(parent)) && !found.has(id)) {
        found.add(id);
        grew = true;
      }
    }
  }
  return found;
}

function line(length: number): Parents {
  return new Map(Array.from({ length }, (_, i) => [`r${i}`, i === 0 ? null : `r${i - 1}`]));
}

describe('the communication rule', () => {
  it('agrees with the oracle on every pair of every random chart (C1, C2)', () => {
    fc.assert(
      fc.property(forest, ({ parents, ids }) => {
        for (const from of ids) {
          for (const to of ids) {
            expect(canCommunicate(chartOf(parents), from, to), `${from} → ${to}`).toBe(
              oracle(parents, from, to),
            );
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is symmetric, and ends, whatever the chart looks like (C3, C4)', () => {
    fc.assert(
      fc.property(anything, (parents) => {
        const chart = chartOf(parents);
        for (const a of parents.keys()) {
          for (const b of parents.keys())
            expect(canCommunicate(chart, a, b)).toBe(canCommunicate(chart, b, a));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('names the rule by which it decided', () => {
    const chart = chartOf(
      new Map([
        ['boss', null],
        ['other', null],
        ['a', 'boss'],
        ['b', 'boss'],
        ['a1', 'a'],
        ['b1', 'b'],
      ]),
    );
    const rule = (from: string, to: string) => judgeCommunication(chart, from, to).rule;
    expect(rule('a', 'a')).toBe('self');
    expect(rule('boss', 'other')).toBe('both_roots');
    expect(rule('a', 'b')).toBe('siblings');
    expect(rule('boss', 'a1')).toBe('ancestor');
    expect(rule('a1', 'boss')).toBe('descendant');
    expect(rule('a1', 'b1')).toBe('unrelated');
    expect(rule('a1', 'other')).toBe('unrelated');
    expect(rule('gone', 'gone')).toBe('unknown_caller');
    expect(rule('a', 'gone')).toBe('unknown_target');
  });

  it('reaches exactly MAX_DEPTH levels up and denies beyond (C4)', () => {
    const chart = chartOf(line(MAX_DEPTH + 2));
    expect(isAncestor(chart, 'r0', `r${MAX_DEPTH}`)).toBe(true);
    expect(isAncestor(chart, 'r0', `r${MAX_DEPTH + 1}`)).toBe(false);
    expect(canCommunicate(chart, 'r0', `r${MAX_DEPTH + 1}`)).toBe(false);
    expect(ancestorsOf(chart, `r${MAX_DEPTH + 1}`)).toHaveLength(MAX_DEPTH);
  });

  it('ends on a cycle', () => {
    const chart = chartOf(
      new Map([
        ['a', 'b'],
        ['b', 'a'],
        ['c', 'c'],
      ]),
    );
    expect(judgeCommunication(chart, 'a', 'c')).toEqual({ allowed: false, rule: 'unrelated' });
    expect(ancestorsOf(chart, 'c')).toHaveLength(MAX_DEPTH);
  });
});

describe('a move in the chart', () => {
  it('never closes a cycle and never makes a chain deeper than the rule can walk', () => {
    fc.assert(
      fc.property(forest, fc.nat(), fc.nat(), ({ parents, ids }, pickId, pickParent) => {
        const id = ids[pickId % ids.length]!;
        const newParent = ids[pickParent % ids.length]!;
        if (!parents.has(id)) return;
        const verdict = judgeMove(chartOf(parents), id, newParent, 0);
        const isBelow = below(parents, id).has(newParent);
        if (newParent === id) expect(verdict).toBe('self');
        else if (!parents.has(newParent)) expect(verdict).toBe('unknown_parent');
        else expect(verdict).toBe(isBelow ? 'cycle' : 'ok');
      }),
    );
  });

  it('lets anybody become a root', () => {
    expect(judgeMove(chartOf(line(3)), 'r2', null, 5)).toBe('ok');
  });

  it('counts what hangs below the moved role', () => {
    const parents = line(10);
    parents.set('moved', null);
    const room = MAX_DEPTH - 10;
    expect(judgeMove(chartOf(parents), 'moved', 'r9', room - 1)).toBe('ok');
    expect(judgeMove(chartOf(parents), 'moved', 'r9', room)).toBe('too_deep');
  });
});
