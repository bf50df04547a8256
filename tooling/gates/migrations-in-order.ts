// Migrations in order: the files of a migrations folder count up from 0001 without a gap, as the migrator asks at every start.

import { basename, dirname } from 'node:path';
import type { Gate, Violation } from './gate.ts';
import { listFiles } from './repository-files.ts';

const FILE_NAME = /^(\d{4})_[a-z0-9_]+\.sql$/;

export const migrationsInOrder: Gate = {
  name: 'migrations count up without a gap',
  find(root) {
    const folders = new Map<string, string[]>();
    for (const path of listFiles(root)) {
      if (!/(^|\/)migrations\/[^/]+\.sql$/.test(path)) continue;
      folders.set(dirname(path), [...(folders.get(dirname(path)) ?? []), path]);
    }
    return [...folders.values()].flatMap(judge);
  },
};

function judge(paths: readonly string[]): Violation[] {
  const found = [...paths].sort().map((path, i): Violation | null => {
    const number = FILE_NAME.exec(basename(path))?.[1];
    if (number === undefined) return { path, message: 'is not named 0001_like_this.sql' };
    if (Number(number) === i + 1) return null;
    return {
      path,
      message: `should have the number ${i + 1}: the migrator refuses a gap and one number twice`,
    };
  });
  return found.filter((violation) => violation !== null);
}
