// Dispatcher door: no backend can be had from packages/backends, only the factory of the dispatcher. What the package
// gives out at run time is a written list; types may go out, since nobody can call a type.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Gate, Violation } from './gate.ts';
import { readText } from './repository-files.ts';
import { lineOf, parse } from './syntax.ts';

const INDEX = 'packages/backends/src/index.ts';

/** `FakeControls` steers a fake's failures from a test, the image is what containers are made of, and
 * the features are the rows of a table: none of them runs anything. */
export const GIVEN_OUT: ReadonlySet<string> = new Set([
  'createDispatcher',
  'CAPABILITIES',
  'VERBS',
  'WITHOUT_BACKEND',
  'FEATURES',
  'OFFERED',
  'cellMark',
  'FakeControls',
  'buildWorkspaceImage',
  'imageSources',
]);

export const dispatcherDoor: Gate = {
  name: 'backends give out the dispatcher and nothing beside it',
  find(root) {
    if (!existsSync(join(root, INDEX))) return [];
    return parse(INDEX, readText(root, INDEX) ?? '').statements.flatMap(judge);
  },
};

function judge(statement: ts.Statement): Violation[] {
  const violation = (node: ts.Node, what: string): Violation => ({
    path: INDEX,
    line: lineOf(node),
    message: `gives out ${what}; callers go through createDispatcher`,
  });
  if (!ts.isExportDeclaration(statement))
    return [violation(statement, 'something that is not in a written list')];
  if (statement.isTypeOnly) return [];
  if (!statement.exportClause || !ts.isNamedExports(statement.exportClause))
    return [violation(statement, 'a whole file')];
  return statement.exportClause.elements
    .filter((element) => !element.isTypeOnly && !GIVEN_OUT.has((element.propertyName ?? element.name).text))
    .map((element) => violation(element, element.name.text));
}
