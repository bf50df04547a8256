// Root files: what the file system of a workspace container holds. Everything comes from this machine: its Node and a few
// programs with their libraries, and our own workspace-runtime. No registry is asked.

import { access, constants, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runtimePackages } from './runtime-packages.ts';
import { librariesOf } from './shared-libraries.ts';

export interface ImageSources {
  /** Folder with `main.js`, the program of the container. */
  appDir: string;
  /** What lists and writes the files of a unit from inside it. */
  unitProgram: string;
  /** Folder of the app whose packages `main.js` loads by name; null when it loads none. */
  packagesOf: { dir: string; names: RegExp } | null;
}

/** The sources in a repository that was built. */
export function imageSources(repositoryDir: string): ImageSources {
  const runtime = join(repositoryDir, 'apps/workspace-runtime');
  return {
    appDir: join(runtime, 'dist'),
    unitProgram: join(repositoryDir, 'packages/backends/dist/main.js'),
    packagesOf: { dir: runtime, names: /^(ai|@ai-sdk\/.*)$/ },
  };
}

export type RootFile =
  | { path: string; kind: 'folder'; mode: number }
  | { path: string; kind: 'link'; to: string }
  | { path: string; kind: 'text'; text: string; mode: number }
  /** Contents of a file of this machine, links followed. */
  | { path: string; kind: 'copy'; from: string; mode: number };

export const AGENT_UID = 1000;

/** Beside Node. What this machine lacks, the image lacks. */
const PROGRAMS = ['bash', 'busybox', 'curl', 'env', 'git'];
const PROGRAM_FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'];
const GIT_CORE = '/usr/lib/git-core';
const GIT_FILES = ['git-remote-http', 'git-remote-https', 'git-sh-setup', 'git-sh-i18n', 'git-submodule'];
const NSS = /^libnss_(files|dns)\.so\.\d+$/;
const CERTIFICATES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt'];
/** What people expect in a shell, where busybox is there to be it. */
const APPLETS = (
  'sh ash awk basename cat chmod chown cp cut date dd df diff dirname du echo expr false find free grep gunzip ' +
  'gzip head hostname id kill less ln ls md5sum mkdir mktemp more mount mv nc nslookup od ping pgrep printf ps pwd ' +
  'readlink realpath rm rmdir sed seq sha256sum sleep sort stat tail tar tee test top touch tr true umount uname uniq ' +
  'unzip vi wc wget which whoami xargs yes zcat'
).split(' ');

const SKELETON: RootFile[] = [
  ...[
    'app',
    'dev',
    'etc',
    'etc/ssl',
    'etc/ssl/certs',
    'home',
    'proc',
    'root',
    'run',
    'sys',
    'usr',
    'usr/bin',
  ].map((path): RootFile => ({ path, kind: 'folder', mode: 0o755 })),
  ...['usr/lib', 'usr/lib64', 'usr/sbin', 'var', 'var/lib'].map(
    (path): RootFile => ({ path, kind: 'folder', mode: 0o755 }),
  ),
  { path: 'tmp', kind: 'folder', mode: 0o1777 },
  ...['bin', 'sbin', 'lib', 'lib64'].map((path): RootFile => ({ path, kind: 'link', to: `usr/${path}` })),
  {
    path: 'etc/passwd',
    kind: 'text',
    mode: 0o644,
    text: `root:x:0:0:root:/root:/bin/sh\nagent:x:${AGENT_UID}:${AGENT_UID}:agent:/workspace:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n`,
  },
  {
    path: 'etc/group',
    kind: 'text',
    mode: 0o644,
    text: `root:x:0:\nagent:x:${AGENT_UID}:\nnogroup:x:65534:\n`,
  },
  {
    path: 'etc/nsswitch.conf',
    kind: 'text',
    mode: 0o644,
    text: 'passwd: files\ngroup: files\nhosts: files dns\n',
  },
];

/** Folders come before what is in them. */
export async function rootFiles(sources: ImageSources): Promise<RootFile[]> {
  const files = [
    ...SKELETON,
    ...(await programFiles()),
    ...(await certificates()),
    ...(await appFiles(sources)),
  ];
  return withFolders(files);
}

async function programFiles(): Promise<RootFile[]> {
  const copies = new Map<string, string>([['usr/bin/node', process.execPath]]);
  const links: RootFile[] = [];
  for (const name of PROGRAMS) {
    const found = await onPath(name);
    if (found) copies.set(`usr/bin/${name}`, found);
  }
  if (copies.has('usr/bin/git')) {
    for (const name of GIT_FILES) {
      const from = join(GIT_CORE, name);
      if (await isThere(from)) copies.set(from.slice(1), from);
    }
  }
  if (copies.has('usr/bin/busybox')) {
    for (const name of APPLETS) links.push({ path: `usr/bin/${name}`, kind: 'link', to: 'busybox' });
  } else if (copies.has('usr/bin/bash')) links.push({ path: 'usr/bin/sh', kind: 'link', to: 'bash' });
  for (const library of await libraries([...copies.values()])) copies.set(insideUsr(library), library);
  return [
    ...[...copies].map(([path, from]): RootFile => ({ path, kind: 'copy', from, mode: 0o755 })),
    ...links,
  ];
}

/** Of all programs together, and what the C library loads by name when a host is looked up. */
async function libraries(programs: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const program of programs) for (const library of await librariesOf(program)) found.add(library);
  const libc = [...found].find((path) => basename(path).startsWith('libc.so'));
  if (!libc) return found;
  const folder = dirname(libc);
  for (const name of await readdir(folder)) if (NSS.test(name)) found.add(join(folder, name));
  return found;
}

async function certificates(): Promise<RootFile[]> {
  for (const from of CERTIFICATES) {
    if (!(await isThere(from))) continue;
    return [{ path: 'etc/ssl/certs/ca-certificates.crt', kind: 'copy', from, mode: 0o644 }];
  }
  return [];
}

async function appFiles({ appDir, unitProgram, packagesOf }: ImageSources): Promise<RootFile[]> {
  const own = (await readdir(appDir))
    .filter((name) => /\.m?js$/.test(name))
    .sort()
    .map((name): RootFile => ({ path: `app/${name}`, kind: 'copy', from: join(appDir, name), mode: 0o644 }));
  const packages = packagesOf ? await runtimePackages(packagesOf.dir, packagesOf.names) : [];
  return [
    ...own,
    { path: 'app/package.json', kind: 'text', mode: 0o644, text: '{"type":"module"}\n' },
    { path: 'app/unit/main.js', kind: 'copy', from: unitProgram, mode: 0o644 },
    ...packages.map(
      ({ path, from }): RootFile => ({ path: `app/node_modules/${path}`, kind: 'copy', from, mode: 0o644 }),
    ),
  ];
}

/** `/lib` and `/usr/lib` are one folder in the image, whatever they are here. */
function insideUsr(path: string): string {
  return path.startsWith('/usr/') ? path.slice(1) : `usr${path}`;
}

function withFolders(files: readonly RootFile[]): RootFile[] {
  const known = new Set(files.filter((file) => file.kind !== 'copy').map(({ path }) => path));
  const folders = new Map<string, RootFile>();
  for (const { path } of files) {
    for (let at = dirname(path); at !== '.'; at = dirname(at)) {
      if (!known.has(at)) folders.set(at, { path: at, kind: 'folder', mode: 0o755 });
    }
  }
  const isFolder = (file: RootFile) => file.kind === 'folder';
  const all = [...files.filter(isFolder), ...folders.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return [...all, ...files.filter((file) => !isFolder(file))];
}

async function onPath(program: string): Promise<string | null> {
  for (const folder of PROGRAM_FOLDERS) {
    const path = join(folder, program);
    if (await isThere(path)) return path;
  }
  return null;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path, constants.R_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
