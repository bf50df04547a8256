// Layout: where cards stand on any chart, and that chosen places hold (L1 to L3).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CARD, type Chart, isChosenPlace, layoutChart, type Placed, toChosenPlace } from './layout.ts';

const at = (id: string, x = 0, y = 0) => ({ id, x, y });
const chartOf = (parents: Record<string, string | null>): Chart => {
  const chart = new Map<string | null, { id: string; x: number; y: number }[]>();
  for (const [id, parent] of Object.entries(parents))
    chart.set(parent, [...(chart.get(parent) ?? []), at(id)]);
  return chart;
};
const place = (places: Map<string, Placed>, id: string) => places.get(id) as Placed;

/** Any chart: each role reports to an earlier one or to nobody. */
const anyChart = fc
  .array(fc.nat(), { maxLength: 40 })
  .map((picks) =>
    chartOf(
      Object.fromEntries(
        picks.map((pick, i) => [`r${i}`, pick % (i + 1) === i ? null : `r${pick % (i + 1)}`]),
      ),
    ),
  );

describe('layoutChart', () => {
  it('places every role, none on top of another, every report below its manager (L1)', () => {
    fc.assert(
      fc.property(anyChart, (chart) => {
        const places = [...layoutChart(chart)];
        expect(places).toHaveLength([...chart.values()].reduce((sum, list) => sum + list.length, 0));
        for (const [i, [, a]] of places.entries()) {
          for (const [, b] of places.slice(i + 1)) {
            const isApart = Math.abs(a.x - b.x) >= CARD.width || Math.abs(a.y - b.y) >= CARD.height;
            expect(isApart).toBe(true);
          }
        }
        const byId = new Map(places);
        for (const [managerId, reports] of chart) {
          for (const report of managerId === null ? [] : reports) {
            expect(place(byId, report.id).y).toBeGreaterThan(place(byId, managerId as string).y);
          }
        }
      }),
    );
  });

  it('wraps what would be far too wide into rows in the shape of a page, nothing on top of another (L1)', () => {
    const parents: Record<string, string | null> = { head: null };
    for (let team = 0; team < 60; team++) {
      parents[`t${team}`] = 'head';
      for (let i = 0; i < 3; i++) parents[`t${team}-${i}`] = `t${team}`;
    }
    const places = [...layoutChart(chartOf(parents))];
    const xs = places.map(([, { x }]) => x);
    const ys = places.map(([, { y }]) => y);
    const shape = (Math.max(...xs) - Math.min(...xs)) / (Math.max(...ys) - Math.min(...ys));
    expect(shape).toBeGreaterThan(0.8);
    expect(shape).toBeLessThan(4);
    const rows = new Set(places.filter(([id]) => /^t\d+$/.test(id)).map(([, { y }]) => y));
    expect(rows.size).toBeGreaterThan(2);
    for (const [i, [, a]] of places.entries()) {
      for (const [, b] of places.slice(i + 1)) {
        expect(Math.abs(a.x - b.x) >= CARD.width || Math.abs(a.y - b.y) >= CARD.height).toBe(true);
      }
      if (a.row) expect(a.row.trunkX).toBeLessThan(a.x);
    }
  });

  it('wraps many heads too', () => {
    const heads = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`h${i}`, null]));
    const places = [...layoutChart(chartOf(heads))].map(([, at]) => at);
    expect(new Set(places.map(({ x, y }) => `${x} ${y}`)).size).toBe(400);
    expect(Math.max(...places.map(({ x }) => x))).toBeLessThan(20_000);
  });

  it('hangs a team without reports of its own below its manager (L1)', () => {
    const places = layoutChart(chartOf({ lead: null, a: 'lead', b: 'lead' }));
    expect([place(places, 'a').isHung, place(places, 'b').isHung]).toEqual([true, true]);
    expect(place(places, 'a').x).toBe(place(places, 'b').x);
  });

  it('stands a manager centred above its teams (L1)', () => {
    const places = layoutChart(chartOf({ head: null, l: 'head', r: 'head', l1: 'l', r1: 'r' }));
    expect(place(places, 'head').x).toBe((place(places, 'l').x + place(places, 'r').x) / 2);
  });

  it('keeps a chosen place relative to the manager, and the team follows (L2)', () => {
    const chart = new Map([
      [null, [at('head', 100.5, 40.5)]],
      ['head', [at('lead', 10.5, 300.5)]],
      ['lead', [at('a')]],
    ]);
    const places = layoutChart(chart);
    expect(place(places, 'head')).toMatchObject({ x: 100.5, y: 40.5, isByHand: true });
    expect(place(places, 'lead')).toMatchObject({ x: 111, y: 341 });
    expect(place(places, 'a').y).toBeGreaterThan(341);
  });

  it('takes whole numbers for no chosen place (L3)', () => {
    const places = layoutChart(new Map([[null, [at('head', 16, 130)]]]));
    expect(place(places, 'head')).toMatchObject({ x: 0, y: 0, isByHand: false });
  });

  it('survives a cycle that should not exist', () => {
    const places = layoutChart(
      new Map([
        [null, [at('a')]],
        ['a', [at('b')]],
        ['b', [at('a')]],
      ]),
    );
    expect([...places.keys()].sort()).toEqual(['a', 'b']);
  });
});

describe('toChosenPlace', () => {
  it('always gives a place that is read as chosen (L3)', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        fc.double({ min: -1e6, max: 1e6, noNaN: true }),
        (x, y) => {
          expect(isChosenPlace(toChosenPlace({ x, y }))).toBe(true);
        },
      ),
    );
  });
});
