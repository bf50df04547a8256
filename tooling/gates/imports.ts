// Imports: judges every import against the import map with dependency-cruiser.
// It looks at nothing, without a word, when it finds no TypeScript compiler: the number of modules is part of the verdict.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import { LEAST_MODULES, MAY_IMPORT, MAY_START_PROGRAMS, TEST_FILE, TEST_FOLDERS } from '../import-map.ts';
import type { Gate, Violation } from './gate.ts';

const OURS = '^(packages|apps|e2e|bench|tooling)/';
const TESTS = `${TEST_FILE}|^(${TEST_FOLDERS.join('|')})/`;

export const imports: Gate = importsOf(LEAST_MODULES);

export function importsOf(leastModules: number): Gate {
  return { name: 'imports follow the import map, without cycles', find: (root) => judge(root, leastModules) };
}

async function judge(root: string, leastModules: number): Promise<Violation[]> {
  const folders = ['packages', 'apps', ...TEST_FOLDERS.slice(1)].filter((folder) =>
    existsSync(join(root, folder)),
  );
  const { output } = await cruise(folders, {
    baseDir: root,
    ruleSet: { forbidden: rules() },
    validate: true,
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(packages|apps)/[^/]+/dist/|^apps/[^/]+/vite\\.config\\.ts$' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  });
  const { modules, summary } = output as ICruiseResult;
  const count = modules.filter((module) => new RegExp(OURS).test(module.source)).length;
  if (count < leastModules) {
    return [
      {
        path: '.',
        message: `only ${count} modules were looked at, fewer than ${leastModules}: the check is broken`,
      },
    ];
  }
  return summary.violations.map((violation) => ({
    path: violation.from,
    message: `${violation.rule.name}: ${violation.cycle?.map(({ name }) => name).join(' → ') ?? violation.to}`,
  }));
}

function rules(): IForbiddenRuleType[] {
  return [...mapRows(), ...doors(), ...features()];
}

function mapRows(): IForbiddenRuleType[] {
  return Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
    name: `${folder} may import ${allowed.map((path) => path.split('/')[1]).join(', ') || 'nothing of ours'}`,
    severity: 'error',
    from: { path: `^${folder}/`, pathNot: TESTS },
    to: { path: OURS, pathNot: `^(${[folder, ...allowed].join('|')})/` },
  }));
}

function doors(): IForbiddenRuleType[] {
  const error = { severity: 'error' } as const;
  return [
    { ...error, name: 'no cycles', from: {}, to: { circular: true } },
    {
      ...error,
      name: 'apps never import another app',
      from: { path: '^(apps/[^/]+)/' },
      to: { path: '^apps/', pathNot: '^$1/' },
    },
    {
      ...error,
      name: 'testkit, e2e, bench and tooling are for tests only',
      from: { pathNot: TESTS },
      to: { path: `^(${TEST_FOLDERS.join('|')})/` },
    },
    {
      ...error,
      name: 'what is not a test imports no test',
      from: { pathNot: TESTS },
      to: { path: TEST_FILE },
    },
    {
      ...error,
      name: 'a package is entered through its index.ts',
      from: { path: '^([^/]+/[^/]+)', pathNot: '^tooling/' },
      to: { path: '^packages/[^/]+/', pathNot: '^$1/|^packages/[^/]+/src/index\\.ts$' },
    },
    {
      ...error,
      name: '*.pg.ts is imported by compose.ts, its parts (compose-<noun>.ts) and its test only',
      from: { pathNot: `^apps/[^/]+/src/compose[a-z-]*\\.ts$|${TESTS}` },
      to: { path: '\\.pg\\.ts$' },
    },
    {
      ...error,
      name: 'backends are reached through the dispatcher only',
      from: {
        pathNot: `^packages/backends/src/((dispatcher|index)\\.ts$|(process|external|fake|docker)/)|${TESTS}`,
      },
      to: { path: '^packages/backends/src/(process|external|fake|docker)/' },
    },
    {
      ...error,
      name: 'backends do not know each other',
      from: { path: '^packages/backends/src/(process|external|fake|docker)/', pathNot: TESTS },
      to: {
        path: '^packages/backends/src/(process|external|fake|docker)/',
        pathNot: '^packages/backends/src/$1/',
      },
    },
    {
      ...error,
      name: 'only backends and the database launcher start programs',
      from: { path: '^(packages|apps)/', pathNot: `^(${MAY_START_PROGRAMS.join('|')})|${TESTS}` },
      to: { path: '^(node:)?(child_process|cluster)$' },
    },
    { ...error, name: 'an import must lead somewhere', from: {}, to: { couldNotResolve: true } },
    {
      ...error,
      name: 'an npm package stands in the package.json of who imports it',
      from: { path: '^(packages|apps)/[^/]+/src/', pathNot: TESTS },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ];
}

/** The canvas composes its features file by file; on the servers a feature has a door. */
const WITH_DOORS = '^(apps/(?!canvas/)[^/]+/src/)';

function features(): IForbiddenRuleType[] {
  return [
    {
      name: 'a feature is entered through its index.ts',
      severity: 'error',
      from: { path: `${WITH_DOORS}features/([^/]+)/`, pathNot: TESTS },
      to: { path: '^$1features/', pathNot: '^$1features/($2/|[^/]+/index\\.tsx?$)' },
    },
    {
      name: 'a feature is entered through its index.ts',
      severity: 'error',
      from: { path: `${WITH_DOORS}(?!features/)`, pathNot: TESTS },
      to: { path: '^$1features/', pathNot: '^$1features/[^/]+/index\\.tsx?$|\\.pg\\.ts$' },
    },
    {
      name: 'a feature does not know who builds it',
      severity: 'error',
      from: { path: '^(apps/[^/]+/src/)features/', pathNot: TESTS },
      to: { path: '^apps/[^/]+/src/(main|compose[a-z-]*|server)\\.tsx?$' },
    },
  ];
}
