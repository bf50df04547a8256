// Settings at the door: only config.ts reads the environment, so that every setting is checked once and documented.

import ts from 'typescript';
import type { Gate, Violation } from './gate.ts';
import { isTestCode, isTypeScript, listFiles, readText } from './repository-files.ts';
import { lineOf, parse, walk } from './syntax.ts';

const isDoor = (path: string): boolean => path.endsWith('/config.ts');

export const settingsAtTheDoor: Gate = {
  name: 'only config.ts reads the environment',
  find(root) {
    return listFiles(root)
      .filter(
        (path) => /^(apps|packages)\//.test(path) && isTypeScript(path) && !isTestCode(path) && !isDoor(path),
      )
      .flatMap((path) => findReads(path, readText(root, path) ?? ''));
  },
};

function findReads(path: string, text: string): Violation[] {
  if (!text.includes('env')) return [];
  const found: Violation[] = [];
  walk(parse(path, text), (node) => {
    if (!isEnvironment(node)) return;
    found.push({
      path,
      line: lineOf(node),
      message: 'reads the environment; take the setting as an argument from config.ts',
    });
  });
  return found;
}

function isEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return node.name.text === 'env' && isProcess(node.expression);
  if (ts.isElementAccessExpression(node)) {
    return (
      ts.isStringLiteralLike(node.argumentExpression) &&
      node.argumentExpression.text === 'env' &&
      isProcess(node.expression)
    );
  }
  if (
    ts.isVariableDeclaration(node) &&
    ts.isObjectBindingPattern(node.name) &&
    node.initializer &&
    isProcess(node.initializer)
  ) {
    return node.name.elements.some((element) => (element.propertyName ?? element.name).getText() === 'env');
  }
  return (
    ts.isImportDeclaration(node) &&
    /['"](node:)?process['"]/.test(node.moduleSpecifier.getText()) &&
    /\benv\b/.test(node.importClause?.getText() ?? '')
  );
}

function isProcess(node: ts.Node): boolean {
  if (ts.isIdentifier(node)) return node.text === 'process';
  return (
    ts.isPropertyAccessExpression(node) &&
    node.name.text === 'process' &&
    node.expression.getText() === 'globalThis'
  );
}
