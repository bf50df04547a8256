// Machine needs: what some tests want from the machine beyond npm packages, where it is found, and how tests are told.
// A test asks for a need by its variable and steps aside when that is empty; a need that no test asks for is not missed.

import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const POSTGRES_HOME = '/usr/lib/postgresql';

export const MACHINE_NEEDS = [
  {
    name: 'Chromium',
    variable: 'MOLECULE_TEST_CHROMIUM',
    find: () => onPath('chromium') ?? onPath('chromium-browser') ?? onPath('google-chrome'),
  },
  {
    name: 'Redis',
    variable: 'MOLECULE_TEST_REDIS_SERVER',
    find: () => onPath('redis-server') ?? onPath('valkey-server'),
  },
  {
    name: 'Debian Postgres',
    variable: 'MOLECULE_TEST_POSTGRES_BIN',
    // Tests that run on every kind of database ask for the list of kinds instead.
    alsoAskedAs: 'databaseFlavours(',
    find: findPostgres,
  },
  {
    name: 'Docker',
    variable: 'MOLECULE_TEST_DOCKER',
    find: () => (answers('docker', ['info']) ? '1' : null),
  },
  {
    name: 'Pebble',
    // The folder with `pebble` and `pebble-challtestsrv`.
    variable: 'MOLECULE_TEST_PEBBLE',
    find: () => {
      const [pebble, names] = [onPath('pebble'), onPath('pebble-challtestsrv')].map(
        (path) => path && dirname(path),
      );
      return pebble && pebble === names ? pebble : null;
    },
  },
  {
    name: 'Moto',
    variable: 'MOLECULE_TEST_MOTO',
    find: () => onPath('moto_server'),
  },
  {
    name: 'loop devices',
    variable: 'MOLECULE_TEST_LOOP_DEVICES',
    find: () => (answers('losetup', ['--find']) ? '1' : null),
  },
  {
    name: 'network namespaces',
    variable: 'MOLECULE_TEST_NETNS',
    find: () => (answers('unshare', ['--net', 'ip', 'link']) ? '1' : null),
  },
];

/** Every need with what was found: a value already in the environment wins. */
export function findMachineNeeds(env) {
  return MACHINE_NEEDS.map(({ name, variable, alsoAskedAs = variable, find }) => ({
    name,
    variable,
    isAskedForIn: (source) => source.includes(variable) || source.includes(alsoAskedAs),
    value: env[variable] || find() || null,
  }));
}

function onPath(program) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, program);
    if (isExecutable(path)) return path;
  }
  return null;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The folder with the server's programs; the newest version when there are several. */
function findPostgres() {
  if (!existsSync(POSTGRES_HOME)) return null;
  const versions = readdirSync(POSTGRES_HOME).sort((a, b) => Number(b) - Number(a));
  return (
    versions
      .map((version) => join(POSTGRES_HOME, version, 'bin'))
      .find((bin) => isExecutable(join(bin, 'initdb'))) ?? null
  );
}

function answers(program, args) {
  return spawnSync(program, args, { stdio: 'ignore', timeout: 5_000 }).status === 0;
}
