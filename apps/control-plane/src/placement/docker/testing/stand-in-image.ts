// Stand-in image: the smallest image that a driver's tenant can be made of, from this machine's own programs.

import { execFile, spawn } from 'node:child_process';
import { chown, copyFile, cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type Docker from 'dockerode';

const run = promisify(execFile);
const BUSYBOX = '/bin/busybox';
const APPLETS = ['sh', 'cat', 'cp', 'find', 'id', 'mknod', 'printf', 'rm', 'sync', 'touch', 'ls', 'mkdir'];

const PROGRAM = `// A stand-in for the tenant server.
const { createServer } = require('node:http');
createServer((_, response) => response.end(process.env.MOLECULE_ORG_ID))
  .listen(Number(process.env.PORT), process.env.HOST, () => console.log('the stand-in is ready'));
process.on('SIGTERM', () => process.exit(0));
`;

export interface StandInParts {
  /** Paths of programs that it has beside Node. */
  programs?: readonly string[];
  /** Folders of this machine, by where they are in the image. */
  folders?: Readonly<Record<string, string>>;
  user?: string;
  command?: readonly string[];
  labels?: Readonly<Record<string, string>>;
}

export async function buildStandIn(
  docker: Docker,
  name: string,
  {
    programs = [],
    folders = {},
    user = '1000:1000',
    command = ['node', '/app/main.cjs'],
    labels = {},
  }: StandInParts = {},
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'molecule-stand-in-'));
  try {
    for (const folder of ['usr/bin', 'data', 'tmp', 'proc', 'sys', 'dev', 'run', 'etc', 'app'])
      await mkdir(join(root, folder), { recursive: true });
    await symlink('usr/bin', join(root, 'bin'));
    await copyFile(process.execPath, join(root, 'usr/bin/node'));
    await copyFile(BUSYBOX, join(root, 'usr/bin/busybox'));
    for (const applet of APPLETS) await symlink('busybox', join(root, 'usr/bin', applet));
    for (const program of programs)
      await copyFile(await realpath(program), join(root, 'usr/bin', basename(program)));
    for (const [inside, from] of Object.entries(folders))
      await cp(from, join(root, inside), { recursive: true });
    const { stdout } = await run('ldd', [process.execPath, ...programs], { env: { LANG: 'C' } });
    for (const [, library = ''] of stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g)) {
      await mkdir(dirname(join(root, library)), { recursive: true });
      await copyFile(library, join(root, library));
    }
    await writeFile(join(root, 'app/main.cjs'), PROGRAM);
    await chown(join(root, 'data'), 1000, 1000);
    const tar = spawn('tar', ['-C', root, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [repo, tag] = name.split(':');
    const named = Object.entries(labels).map(([key, value]) => `LABEL ${key}=${value}`);
    const changes = [`USER ${user}`, `CMD ${JSON.stringify(command)}`, 'ENV PATH=/usr/bin', ...named];
    const progress = (await docker.importImage(tar.stdout, {
      repo,
      tag,
      changes,
    } as object)) as NodeJS.ReadableStream;
    for await (const chunk of progress) if (String(chunk).includes('"error"')) throw new Error(String(chunk));
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
