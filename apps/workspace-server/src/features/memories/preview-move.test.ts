// The preview of a move, against the move itself: random charts, and the rules asked about everybody before and after.

import { canCommunicate, judgeMove } from '@molecule/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WorkspaceDirectory } from '../workspaces/index.ts';
import { namespacesOf } from './memory-access.ts';
import { previewMove } from './preview-move.ts';

const idOf = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

function chartOf(parents: readonly (number | null)[]) {
  const directory = new WorkspaceDirectory();
  let version = 0;
  const place = (n: number, parent: number | null) => {
    const state = {
      id: idOf(n),
      name: `w${n}`,
      parentId: parent === null ? null : idOf(parent),
      status: 'online',
      createdAt: n,
    };
    directory.apply([{ workspaceId: idOf(n), state: state as never, version: ++version }]);
  };
  parents.forEach((parent, n) => {
    place(n, parent);
  });
  return { directory, place };
}

type Deps = Parameters<typeof previewMove>[0];
const depsOf = (directory: WorkspaceDirectory, writers: readonly string[] = []) =>
  ({ directory, orgs: { roots: () => writers } }) as unknown as Deps;

/** Everything that everybody may, one text for each permission. */
function everything(deps: Deps): { talk: Set<string>; memory: Set<string> } {
  const ids = deps.directory.live().map(({ id }) => id);
  const talk = ids.flatMap((a) =>
    ids.filter((b) => a < b && canCommunicate(deps.directory, a, b)).map((b) => `${a} ${b}`),
  );
  const memory = ids.flatMap((who) =>
    namespacesOf(deps.directory, deps.orgs, who).flatMap(({ name, isWritable }) => [
      `${who} ${name} read`,
      ...(isWritable ? [`${who} ${name} write`] : []),
    ]),
  );
  return { talk: new Set(talk), memory: new Set(memory) };
}

const missingIn = (there: Set<string>, here: Set<string>) =>
  [...here].filter((fact) => !there.has(fact)).sort();

describe('the preview of a move', () => {
  it('tells exactly what everybody gains and loses when the move is made (P1, P2, P3)', () => {
    const chart = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 24 });
    fc.assert(
      fc.property(chart, fc.nat(1_000), fc.nat(1_000), (seeds, a, b) => {
        const parents = seeds.map((seed, n) => (n === 0 || seed % 4 === 0 ? null : seed % n));
        const { directory, place } = chartOf(parents);
        const moved = a % parents.length;
        const target = b % 5 === 0 ? null : b % parents.length;
        if (judgeMove(directory, idOf(moved), target === null ? null : idOf(target), 24) !== 'ok') return;
        const deps = depsOf(directory, b % 2 === 0 ? [idOf(0)] : []);

        const preview = previewMove(deps, idOf(moved), target === null ? null : idOf(target));
        const before = everything(deps);
        place(moved, target);
        const after = everything(deps);

        const pairs = (list: typeof preview.talk.gained) =>
          list.map((one) => [one.workspace.id, one.with.id].sort().join(' ')).sort();
        const facts = (list: typeof preview.memory.gained) =>
          list.map((one) => `${one.workspace.id} ${one.namespace} ${one.access}`).sort();
        expect(pairs(preview.talk.gained)).toEqual(missingIn(before.talk, after.talk));
        expect(pairs(preview.talk.lost)).toEqual(missingIn(after.talk, before.talk));
        expect(facts(preview.memory.gained)).toEqual(missingIn(before.memory, after.memory));
        expect(facts(preview.memory.lost)).toEqual(missingIn(after.memory, before.memory));
      }),
      { numRuns: Number(process.env.MEMORY_PROPERTY_RUNS ?? 300) },
    );
  }, 120_000);

  it('leaves the chart as it was', () => {
    const { directory } = chartOf([null, 0, 0]);
    const before = everything(depsOf(directory));
    previewMove(depsOf(directory), idOf(2), idOf(1));
    expect(everything(depsOf(directory))).toEqual(before);
  });

  it('says whose TEAM writes go elsewhere', () => {
    const { directory } = chartOf([null, 0, 1, 1]);
    expect(previewMove(depsOf(directory), idOf(3), idOf(2)).team_writes).toEqual([
      { workspace: { id: idOf(3), name: 'w3' }, from: `team:${idOf(1)}`, to: `team:${idOf(2)}` },
      { workspace: { id: idOf(2), name: 'w2' }, from: `team:${idOf(1)}`, to: `team:${idOf(2)}` },
    ]);
  });

  it('of a move to where one stands is empty', () => {
    const { directory } = chartOf([null, 0]);
    const none = { gained: [], lost: [] };
    expect(previewMove(depsOf(directory), idOf(1), idOf(0))).toMatchObject({
      talk: none,
      memory: none,
      team_writes: [],
    });
  });

  it.each([
    [1, 1, 'a workspace cannot be its own parent'],
    [0, 1, 'parent_id is below this workspace: the org chart would have a cycle'],
    [1, 9, 'parent_id names no workspace'],
  ])('is refused as the move would be (%i under %i)', (who, under, text) => {
    const { directory } = chartOf([null, 0]);
    expect(() => previewMove(depsOf(directory), idOf(who), idOf(under))).toThrow(text);
  });
});
