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

const scenarios = {
  setupFiles: ['e2e/support/clean-up.ts'],
  testTimeout: 120_000,
  hookTimeout: 120_000,
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
          exclude: [...exclude, ...WAITING],
          fileParallelism: false,
        },
      },
      {
        test: { ...scenarios, name: 'e2e-waiting', include: WAITING, exclude, maxWorkers: 4 },
      },
    ],
  },
});
