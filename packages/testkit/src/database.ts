// Test databases: a fresh, empty (or migrated) database a call, on the embedded Postgres and on the system's.
//
//   T1. One server a flavour and test process, started at the first use.
//   T2. When the test process ends, however it ends, its servers end and their folders go.

import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, singleFlight } from '@molecule/kit';
import { type Binaries, Db, EmbeddedPostgres, migrate } from '@molecule/postgres';

/** `pgvector`: a Postgres with that extension, whose bin folder MOLECULE_TEST_PGVECTOR names. */
export type DatabaseFlavour = 'embedded' | 'debian' | 'pgvector';

export interface TestDatabase {
  db: Db;
  /** For code that connects by itself. */
  url: string;
  /** Drops the database. */
  stop(): Promise<void>;
}

const DEBIAN_ROOT = '/usr/lib/postgresql';
/** Speed over durability: these servers live as long as one test process. */
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '120' };

/** What this machine can run, for `describe.each`. */
export function databaseFlavours(): DatabaseFlavour[] {
  return debianBinaries() ? ['embedded', 'debian'] : ['embedded'];
}

export async function testDatabase(
  options: { flavour?: DatabaseFlavour; migrationsDir?: string; maxConnections?: number } = {},
): Promise<TestDatabase> {
  const server = await serverOf(options.flavour ?? 'embedded');
  const connection = server.connection();
  const name = `t_${randomBytes(6).toString('hex')}`;
  await asAdmin(server, `create database ${name}`);
  const db = new Db({ ...connection, database: name, maxConnections: options.maxConnections ?? 10 });
  if (options.migrationsDir) await migrate(db, options.migrationsDir);
  return {
    db,
    url: `postgresql://${connection.user}@localhost/${name}?host=${encodeURIComponent(connection.host)}`,
    stop: async () => {
      await db.end();
      await asAdmin(server, `drop database if exists ${name} with (force)`);
    },
  };
}

/** The Debian packages' binaries, or null where they are not installed. */
export function debianBinaries(): Binaries | null {
  if (!existsSync(DEBIAN_ROOT)) return null;
  for (const majorVersion of readdirSync(DEBIAN_ROOT).sort().reverse()) {
    const bin = join(DEBIAN_ROOT, majorVersion, 'bin');
    const binaries = { majorVersion, initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
    if (existsSync(binaries.initdb) && existsSync(binaries.postgres)) return binaries;
  }
  return null;
}

/** Null where MOLECULE_TEST_PGVECTOR names no such folder. */
export function pgvectorBinaries(): Binaries | null {
  const bin = process.env.MOLECULE_TEST_PGVECTOR ?? '';
  const binaries = { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
  if (bin === '' || !existsSync(binaries.initdb)) return null;
  const version = execFileSync(binaries.postgres, ['--version'], { encoding: 'utf8' });
  return { ...binaries, majorVersion: / (\d+)/.exec(version)?.[1] ?? '' };
}

const BINARIES: Record<DatabaseFlavour, () => Binaries | null | undefined> = {
  embedded: () => undefined,
  debian: debianBinaries,
  pgvector: pgvectorBinaries,
};

const servers = new Map<DatabaseFlavour, EmbeddedPostgres>();

const startOnce = singleFlight(async (flavour: DatabaseFlavour) => {
  const binaries = BINARIES[flavour]();
  if (binaries === null) throw new Error(`this machine has no ${flavour} Postgres; ask first`);
  const dataDir = join(tmpdir(), `molecule-test-${flavour}-${randomBytes(6).toString('hex')}`);
  const server = new EmbeddedPostgres({
    dataDir,
    log: createLog({ level: 'silent' }),
    settings: FAST,
    ...(binaries ? { binaries } : {}),
  });
  // Before there is anything to clean up.
  endWithThisProcess(dataDir);
  await server.start();
  servers.set(flavour, server);
  return server;
});

async function serverOf(flavour: DatabaseFlavour): Promise<EmbeddedPostgres> {
  return servers.get(flavour) ?? startOnce(flavour);
}

async function asAdmin(server: EmbeddedPostgres, sql: string): Promise<void> {
  const db = new Db({ ...server.connection(), maxConnections: 1 });
  try {
    await db.query(sql);
  } finally {
    await db.end();
  }
}

/**
 * T2. A shell waits on a pipe that closes with this process, be it by SIGKILL, and then cleans up. It looks twice: a tool
 * that was making the folder meanwhile may outlive the first look. A process that nobody waited for runs no more, though it
 * has a pid still.
 */
function endWithThisProcess(dataDir: string): void {
  const script = `
    runs() { kill -0 "$1" 2>/dev/null && { [ ! -e /proc/self ] || [ -e "/proc/$1/exe" ]; }; }
    cat >/dev/null
    for look in 1 2; do
      pid=$(head -n 1 "$1/postgres/postmaster.pid" 2>/dev/null)
      if [ -n "$pid" ]; then
        kill -QUIT "$pid" 2>/dev/null
        for i in $(seq 50); do runs "$pid" || break; sleep 0.1; done
      fi
      rm -rf "$1"
      [ "$look" = 1 ] && sleep 3
    done`;
  const reaper = spawn('/bin/sh', ['-c', script, 'reaper', dataDir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  reaper.unref();
  (reaper.stdin as unknown as { unref(): void }).unref();
}
