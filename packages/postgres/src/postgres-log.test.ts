// The log of Postgres: it appends, its end is shown, and it does not fill the disk.

import { writeSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PostgresLog } from './postgres-log.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molecule-pglog-'));
  path = join(folder, 'postgres.log');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("postgres' own log", () => {
  it('keeps what earlier runs said and shows the present one', async () => {
    await writeFile(path, 'yesterday\n');
    const log = new PostgresLog(path);
    await log.withDescriptor((fd) => writeSync(fd, 'FATAL: today\n'));
    expect(await readFile(path, 'utf8')).toBe('yesterday\nFATAL: today\n');
    expect(await log.tail()).toBe('FATAL: today');
  });

  it('shows at most the last 2,000 bytes', async () => {
    const log = new PostgresLog(path);
    await log.withDescriptor((fd) => writeSync(fd, `${'x'.repeat(5_000)}end`));
    expect(await log.tail()).toMatch(/^x{1997}end$/);
  });

  it('is empty, not an error, before anything was said', async () => {
    expect(await new PostgresLog(path).tail()).toBe('');
  });

  it('is emptied beyond 4 MiB under a writer, who goes on at its beginning', async () => {
    const log = new PostgresLog(path);
    await log.withDescriptor((fd) => writeSync(fd, 'x'));
    await appendFile(path, 'x'.repeat(4 * 1024 * 1024 - 1));
    await log.keepBounded();
    expect((await stat(path)).size).toBe(4 * 1024 * 1024);
    await appendFile(path, 'x');
    await log.keepBounded();
    expect((await stat(path)).size).toBe(0);
    await appendFile(path, 'after');
    expect(await log.tail()).toBe('after');
  });
});
