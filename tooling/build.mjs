// Build: bundles the servers with esbuild and the canvas with Vite, each only when its sources changed.
// `node tooling/build.mjs` builds what is stale, `--force` builds everything.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NEUTRAL = ['packages/domain/src', 'packages/contracts/src', 'packages/client/src'];
const SERVER = [...NEUTRAL, 'packages/kit/src', 'packages/http/src', 'package-lock.json'];

const TARGETS = [
  {
    name: 'workspace-server',
    sources: [...SERVER, 'packages/postgres/src', 'packages/backends/src', 'apps/workspace-server/src'],
    build: () => bundle('workspace-server'),
  },
  {
    name: 'workspace-runtime',
    sources: [...SERVER, 'apps/workspace-runtime/src'],
    build: () => bundle('workspace-runtime'),
  },
  {
    name: 'canvas',
    sources: [...NEUTRAL, 'package-lock.json', 'apps/canvas/src', 'apps/canvas/index.html', 'apps/canvas/vite.config.ts'],
    build: () => viteBuild(),
  },
];

/** Path, size and modification time of every source file: cheap to read, and different after any edit. */
function fingerprint(sources) {
  const parts = [];
  const visit = (path) => {
    const stat = statSync(join(ROOT, path), { throwIfNoEntry: false });
    if (!stat) return;
    if (!stat.isDirectory()) {
      if (!/\.(test|contract)\.tsx?$/.test(path)) parts.push(`${path}:${stat.size}:${stat.mtimeMs}`);
      return;
    }
    for (const entry of readdirSync(join(ROOT, path)).sort()) visit(join(path, entry));
  };
  for (const source of sources) visit(source);
  return parts.join('\n');
}

async function bundle(app) {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: ROOT,
    entryPoints: [`apps/${app}/src/main.ts`],
    outdir: `apps/${app}/dist`,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    sourcemap: 'linked',
    logLevel: 'warning',
    plugins: [npmPackagesStayOutside],
  });
}

/** Our own packages are bundled in; what npm installed is loaded from node_modules at run time. */
const npmPackagesStayOutside = {
  name: 'npm-packages-stay-outside',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@molecule/') ? undefined : { path, external: true },
    );
  },
};

function viteBuild() {
  const result = spawnSync(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
    cwd: join(ROOT, 'apps/canvas'),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (result.status !== 0) throw new Error('the canvas could not be built; its messages stand above');
}

/** Builds what is stale and returns its names. `onBuild` is told before each. */
export async function buildStale({ isForced = false, onBuild = () => {} } = {}) {
  const built = [];
  for (const target of TARGETS) {
    const stamp = join(ROOT, 'apps', target.name, 'dist/.built-from');
    const present = fingerprint(target.sources);
    if (!isForced && existsSync(stamp) && readFileSync(stamp, 'utf8') === present) continue;
    onBuild(target.name);
    await target.build();
    mkdirSync(dirname(stamp), { recursive: true });
    writeFileSync(stamp, present);
    built.push(target.name);
  }
  return built;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const built = await buildStale({
    isForced: process.argv.includes('--force'),
    onBuild: (name) => console.log(`building ${name} …`),
  });
  console.log(built.length === 0 ? 'everything is up to date' : `built ${built.join(', ')}`);
}
