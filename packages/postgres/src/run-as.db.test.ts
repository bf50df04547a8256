// Root where the system has no user namespaces: Postgres runs as nobody.
import { mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { databaseFlavours } from '@molecule/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseRunAs } from './run-as.ts';
import { ServersUnderTest } from './testing/server-under-test.ts';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

describe.runIf(isRoot).each(databaseFlavours())('root without user namespaces (%s)', (flavour) => {
  const servers = new ServersUnderTest(flavour);
  const pathBefore = process.env.PATH;
  let bin: string;

  beforeEach(async () => {
    bin = await mkdtemp(join(tmpdir(), 'molecule-bin-'));
    await mkdir(bin, { recursive: true });
    // A system whose `unshare` fails, as it does where namespaces are forbidden.
    await symlink('/bin/false', join(bin, 'unshare'));
    process.env.PATH = bin;
  });
  afterEach(async () => {
    await servers.close();
    process.env.PATH = pathBefore;
    await rm(bin, { recursive: true, force: true });
  });

  it('runs Postgres as nobody, who owns only its own folders', async () => {
    expect((await chooseRunAs()).kind).toBe('nobody');
    const dataDir = await servers.folder();
    const server = await servers.start(dataDir);
    await servers.connect(server).query('create table kept as select 1 as value');
    expect((await stat(`/proc/${server.postmasterPid}`)).uid).toBe(NOBODY);
    expect((await stat(join(dataDir, 'postgres'))).uid).toBe(NOBODY);
    expect((await stat(dataDir)).uid).toBe(0);
    expect((await stat(dataDir)).mode & 0o066).toBe(0);
    await server.stop();
    const again = servers.connect(await servers.start(dataDir));
    expect(await again.query('select value from kept')).toEqual([{ value: 1 }]);
  });

  it('goes on with a folder from a time with namespaces, and back', async () => {
    process.env.PATH = pathBefore;
    const dataDir = await servers.folder();
    for (const path of [pathBefore, bin, pathBefore]) {
      process.env.PATH = path;
      const server = await servers.start(dataDir);
      await servers.connect(server).ping();
      await server.stop();
    }
  });
});

describe.runIf(isRoot)('root with user namespaces', () => {
  it('is somebody else in one, and the files stay root’s', async () => {
    expect((await chooseRunAs()).kind).toBe('namespace');
  });
});
