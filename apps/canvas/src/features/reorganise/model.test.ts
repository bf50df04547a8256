// Reorganise model: previews follow the rule of who may talk, and families move as one.

import { canCommunicate } from '@molecule/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Roles, unreadRole } from '../workspaces/model.ts';
import { matchesFilter, NO_FILTER, previewMove, topmost, withDescendants } from './model.ts';

function chartOf(parents: Record<string, string | null>): Roles {
  const entries = Object.entries(parents).map(([id, parentId]) => {
    const role = { ...unreadRole(id, '2026-01-01T00:00:00.000Z'), name: id, parentId };
    return [id, role] as const;
  });
  return Object.fromEntries(entries);
}

const ORG = chartOf({ top: null, sales: 'top', ann: 'sales', ben: 'sales', tech: 'top', cleo: 'tech' });

describe('the preview of a move', () => {
  it('tells whom a role may talk to afterwards, and whom no more', () => {
    const { gained, lost, trouble } = previewMove(ORG, ['ann'], 'tech');
    expect(trouble).toBeNull();
    expect(gained.map((pair) => pair.otherId).sort()).toEqual(['cleo', 'tech']);
    expect(lost.map((pair) => pair.otherId).sort()).toEqual(['ben', 'sales']);
  });

  it('refuses to put a role below itself or below its own people', () => {
    expect(previewMove(ORG, ['sales'], 'sales').trouble).toContain('below itself');
    expect(previewMove(ORG, ['sales'], 'ann').trouble).toContain('above each other');
  });

  it('says nothing changes when the manager stays', () => {
    expect(previewMove(ORG, ['ann'], 'sales')).toEqual({ trouble: null, gained: [], lost: [] });
  });

  it('agrees with the rule in every chart (R2)', () => {
    const chart = fc
      .array(fc.nat(), { minLength: 2, maxLength: 9 })
      .map((picks) =>
        chartOf(
          Object.fromEntries(
            picks.map((pick, i) => [`r${i}`, i === 0 || pick % (i + 1) === i ? null : `r${pick % i}`]),
          ),
        ),
      );
    fc.assert(
      fc.property(chart, fc.nat(), fc.nat(), (roles, a, b) => {
        const ids = Object.keys(roles);
        const moved = ids[a % ids.length] ?? '';
        const manager = ids[b % ids.length] ?? '';
        const preview = previewMove(roles, [moved], manager);
        if (preview.trouble) return;
        const parentOf = (id: string) => (id === moved ? manager : roles[id]?.parentId);
        const told = new Set(preview.gained.map((pair) => `${pair.movedId}>${pair.otherId}`));
        const family = withDescendants(roles, [moved]);
        for (const one of family) {
          for (const other of ids.filter((id) => !family.includes(id))) {
            const before = canCommunicate({ parentOf: (id) => roles[id]?.parentId }, one, other);
            const isGained = canCommunicate({ parentOf }, one, other) && !before;
            expect(told.has(`${one}>${other}`)).toBe(isGained);
          }
        }
      }),
    );
  });
});

describe('chosen roles', () => {
  it('move as families: who stands below another chosen one comes along (R1)', () => {
    expect(topmost(ORG, ['sales', 'ann', 'cleo']).sort()).toEqual(['cleo', 'sales']);
  });
});

describe('the filter', () => {
  it('wants every word, wherever it stands', () => {
    const role = { ...unreadRole('a', '2026-01-01T00:00:00.000Z'), name: 'Ann', purpose: 'writes reports' };
    expect(matchesFilter(role, { ...NO_FILTER, text: 'REPORTS ann' })).toBe(true);
    expect(matchesFilter(role, { ...NO_FILTER, text: 'ann ben' })).toBe(false);
    expect(matchesFilter(role, { ...NO_FILTER, status: 'working' })).toBe(false);
  });
});
