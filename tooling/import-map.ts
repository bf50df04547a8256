// Import map: who may import whom, as data. The gate `imports` turns each row into a rule and judges every import,
// those of types included.

/** From a folder to the folders of ours that it may import; its own files are always allowed. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'packages/kit': [],
  'packages/domain': [],
  'packages/contracts': ['packages/domain'],
  'packages/client': ['packages/contracts', 'packages/domain'],
  'packages/http': ['packages/contracts', 'packages/domain', 'packages/kit'],
  'packages/postgres': ['packages/kit'],
  'packages/backends': ['packages/domain', 'packages/kit', 'packages/contracts', 'packages/client'],
  'apps/control-plane': everyPackage(),
  'apps/workspace-server': everyPackage(),
  'apps/memory-plugin': everyPackage(),
  'apps/workspace-runtime': neutralAnd('packages/kit', 'packages/http'),
  'apps/edge': neutralAnd('packages/kit', 'packages/http'),
  'apps/tenant-boot': neutralAnd('packages/kit'),
  'apps/cli': neutralAnd('packages/kit'),
  'apps/canvas': neutralAnd(),
};

/** Only tests, and these folders themselves, may import these. */
export const TEST_FOLDERS = ['packages/testkit', 'e2e', 'bench', 'tooling'] as const;

export const TEST_FILE = '\\.(test|contract|scenario|bench)\\.tsx?$|/testing/';

/** The one part of each package that starts programs. Everything else asks it to. */
export const MAY_START_PROGRAMS = [
  'packages/backends/src/process/',
  'packages/backends/src/docker/image/',
  'packages/postgres/src/',
  'apps/control-plane/src/placement/process/',
  'apps/tenant-boot/src/',
  'apps/workspace-server/src/sidecar/',
] as const;

/** Fewer modules than this means that nothing was looked at, and not that all is well. */
export const LEAST_MODULES = 200;

function neutralAnd(...more: string[]): string[] {
  return ['packages/client', 'packages/contracts', 'packages/domain', ...more];
}

function everyPackage(): string[] {
  return neutralAnd('packages/kit', 'packages/http', 'packages/postgres', 'packages/backends');
}
