// Proves that the requirements gate turns red on a row without a scenario, on a citation without a row, and on a stale excuse.

import { describe, expect, it } from 'vitest';
import { requirementsCited } from './requirements-cited.ts';
import { expectRedOnly, plantTree, problemsIn } from './testing/plant-tree.ts';

const SECTION = 'docs/requirements/tenant-core-02-authentication.md';
const EXCUSES = 'docs/requirements/unverified.md';
const LATER = 'docs/requirements/later.md';
const table = (...rows: string[]) => ['| id | requirement |', '|---|---|', ...rows, ''].join('\n');

const clean = {
  [SECTION]: table('| core.2.5-mint | A token is minted |', '| core.2.5-list | Tokens \\| are listed |'),
  [EXCUSES]: table('| core.2.5-list | its route comes later |'),
  'e2e/tokens.scenario.ts': "it(verifies(['core.2.5-mint', 'start.demo'], 'mints'), async () => {});",
};

describe('requirements', () => {
  it('are counted, with those that are not verified yet', () => {
    expect(requirementsCited.note?.(plantTree(clean))).toBe(
      '2 requirements, 1 not verified yet, 0 of later routes',
    );
  });

  it.each([
    ['a row that no scenario cites', 'docs/requirements/tenant-core-03-workspaces.md', '| core.3-x | X |'],
    ['a row of another section', 'docs/requirements/tenant-core-05-rules.md', '| core.2.5-mint | Again |'],
    ['a row without a requirement', 'docs/requirements/tenant-core-01-plumbing.md', '| core.1.1-x | |'],
    ['an id of another shape', 'docs/requirements/tenant-core-01-plumbing.md', '| mint | A token |'],
  ])('turn red on %s', async (_what, path, row) => {
    await expectRedOnly(requirementsCited, clean, { [path]: table(row) });
  });

  it('turn red on a citation that has no row', async () => {
    await expectRedOnly(requirementsCited, clean, {
      'e2e/more.scenario.ts': "it.each([[verifies('core.2.5-mnt', 'mints')]])('%s', async () => {});",
    });
  });

  it('count a test beside its code that cites a row at the beginning of its title', async () => {
    const app = 'apps/workspace-server/src/tokens.test.ts';
    const uncited = { ...clean, [EXCUSES]: table() };
    expect(await problemsIn(requirementsCited, uncited)).toHaveLength(1);
    const cited = { ...uncited, [app]: "it('[core.2.5-list core.2.5-mint] lists', async () => {});" };
    expect(await problemsIn(requirementsCited, cited)).toEqual([]);
    await expectRedOnly(requirementsCited, clean, { [app]: "it('[core.2.5-lst] lists', async () => {});" });
  });

  it.each([
    [
      'that is cited by now',
      '| core.2.5-mint | later |',
      'a scenario cites core.2.5-mint now; take it out of the list',
    ],
    ['that is no requirement', '| core.2.9-x | later |', 'core.2.9-x is no requirement'],
    ['without a reason', '| core.2.5-list | |', 'core.2.5-list has no reason'],
  ])('turn red on an excuse %s', async (_what, row, message) => {
    const found = await problemsIn(requirementsCited, {
      ...clean,
      [EXCUSES]: table('| core.2.5-list | its route comes later |', row),
    });
    expect(found).toEqual([`${EXCUSES} ${message}`]);
  });

  const later = {
    ...clean,
    [EXCUSES]: table(),
    [LATER]: table('| core.2.5-list | lists `/workspaces/:id/lists`, which comes later |'),
    'packages/contracts/src/other.ts': "defineRoute({ path: '/workspaces/:id/listsandmore' })",
  };

  it('may wait for a route that no contract has', async () => {
    expect(await problemsIn(requirementsCited, later)).toEqual([]);
    expect(requirementsCited.note?.(plantTree(later))).toBe(
      '2 requirements, 0 not verified yet, 1 of later routes',
    );
  });

  const come = 'core.2.5-list wants a scenario';
  it.each([
    [
      'whose route is there',
      "defineRoute({ path: '/workspaces/:id/lists' })",
      `/workspaces/:id/lists is there now; ${come}`,
    ],
    [
      'whose route leads on',
      "x({ path: '/workspaces/:id/lists/:listId' })",
      `/workspaces/:id/lists is there now; ${come}`,
    ],
    [
      'that is cited by now',
      "it('[core.2.5-list] lists', () => {});",
      'a scenario cites core.2.5-list now; take it out of the list',
    ],
  ])('turn red on a row for later %s', async (_what, text, message) => {
    const path = text.startsWith('it') ? 'apps/a/src/lists.test.ts' : 'packages/contracts/src/lists.ts';
    expect(await problemsIn(requirementsCited, { ...later, [path]: text })).toEqual([`${LATER} ${message}`]);
  });

  it('turn red on a row for later that names no route', async () => {
    await expectRedOnly(requirementsCited, later, { [LATER]: table('| core.2.5-list | comes later |') });
  });
});
