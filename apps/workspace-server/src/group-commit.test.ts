// Tests of the group commit: who is told what when a statement fails.

import { DatabaseUnavailable, DatabaseValueRefused } from '@molecule/postgres';
import { describe, expect, it } from 'vitest';
import { GroupCommit } from './group-commit.ts';

function setUp(options: { refuse: (items: string[]) => unknown; maxWaiting?: number }) {
  const statements: string[][] = [];
  const commits = new GroupCommit<string>({
    maxBatch: 10,
    maxInFlight: 1,
    maxWaiting: options.maxWaiting ?? 100,
    write: async (items) => {
      statements.push(items);
      const error = options.refuse(items);
      if (error) throw error;
    },
  });
  return { commits, statements };
}

const statuses = async (promises: Promise<void>[]) =>
  (await Promise.allSettled(promises)).map(({ status }) => status);

describe('group commit', () => {
  it('writes what comes in one turn in one statement', async () => {
    const { commits, statements } = setUp({ refuse: () => null });
    await Promise.all(['a', 'b', 'c'].map((item) => commits.add(item)));
    expect(statements).toEqual([['a', 'b', 'c']]);
  });

  it('fails the one whose value is refused, and nobody who shared its statement (G1)', async () => {
    const { commits } = setUp({
      refuse: (items) => (items.includes('bad') ? new DatabaseValueRefused(new Error('22021')) : null),
    });
    const items = ['a', 'bad', 'b'].map((item) => commits.add(item));
    expect(await statuses(items)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('does not repeat a statement that failed for the database’s own reasons', async () => {
    const { commits, statements } = setUp({ refuse: () => new DatabaseUnavailable(new Error('gone')) });
    const items = ['a', 'b'].map((item) => commits.add(item));
    expect(await statuses(items)).toEqual(['rejected', 'rejected']);
    expect(statements).toHaveLength(1);
  });

  it('refuses more than may wait (G3)', async () => {
    const { commits } = setUp({ refuse: () => null, maxWaiting: 2 });
    const items = ['a', 'b', 'c'].map((item) => commits.add(item));
    expect(await statuses(items)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    await expect(items[2]).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  });
});
