// One test configuration for the whole repository; tooling/test.mjs chooses which projects this machine can run.
import { defineConfig } from 'vitest/config';

const exclude = ['**/node_modules/**', '**/dist/**'];

/** Scenarios that mostly wait for deadlines of the product: a few of them run side by side. */
const WAITING = [
  'e2e/core-broken.scenario.ts',
  'e2e/core-plumbing.scenario.ts',
  'e2e/core-socket.scenario.ts',
  'e2e/core-statuses.scenario.ts',
  'e2e/core-stream.scenario.ts',
  'e2e/engine-outage.scenario.ts',
  'e2e/memory-plugin.scenario.ts',
  'e2e/own-engine.scenario.ts',
];

/** Scenarios that need the container engine, which knows no tenants: one after the other, beside the rest. */
const CONTAINERS = [
  'e2e/containers.scenario.ts',
  'e2e/failed-starts.scenario.ts',
  'e2e/half-failed-starts.scenario.ts',
  'e2e/hostile-paths.scenario.ts',
  'e2e/isolation.scenario.ts',
  'e2e/leaving.scenario.ts',
  'e2e/parity.scenario.ts',
  'e2e/platform*.scenario.ts',
  'e2e/switch-backend.scenario.ts',
  'e2e/tree-verbs.scenario.ts',
];

const scenarios = {
  globalSetup: ['e2e/support/empty-cluster.ts'],
  setupFiles: ['e2e/support/clean-up.ts'],
  testTimeout: 120_000,
  hookTimeout: 120_000,
  // Three browsers, engines and databases at once keep a small machine busy for half an hour. `npm test` names what passed
  // only when it was tried again.
  retry: process.env.CI ? 1 : 0,
};

export default defineConfig({
  test: {
    passWithNoTests: false,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{packages,apps,tooling}/**/*.test.{ts,tsx}'],
          exclude: [...exclude, '**/*.db.test.ts', '**/*.docker.test.ts'],
          // Most of the time of these goes into loading modules and waiting for processes.
          isolate: false,
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: 'db',
          include: ['{packages,apps}/**/*.db.test.ts'],
          exclude,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          // One database server for all of them; each test has a database of its own.
          isolate: false,
        },
      },
      {
        test: {
          name: 'docker',
          include: ['{packages,apps}/**/*.docker.test.ts'],
          exclude,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          ...scenarios,
          name: 'e2e',
          include: ['e2e/**/*.scenario.ts'],
          exclude: [...exclude, ...WAITING, ...CONTAINERS],
          fileParallelism: false,
        },
      },
      {
        test: { ...scenarios, name: 'e2e-containers', include: CONTAINERS, exclude, fileParallelism: false },
      },
      {
        test: { ...scenarios, name: 'e2e-waiting', include: WAITING, exclude, maxWorkers: 4 },
      },
    ],
  },
});
