// Types: the compiler's verdict, and promises that nobody waits for. One program serves both: reading it is the slow part.
//
// A promise floats when its statement neither awaits, returns nor keeps it and nothing catches its failure. `void` says
// that this is meant; the house then wants a catch inside what is started.

import { relative } from 'node:path';
import ts from 'typescript';
import type { Gate, Violation } from './gate.ts';
import { lineOf, walk } from './syntax.ts';

/** Folders whose statements must not float; the browser's event handlers are judged like the servers' loops. */
const JUDGED = /^(packages|apps|e2e|bench|tooling)\//;

export function typesOf(project: string): Gate {
  return {
    name: `types hold and no promise floats (${project})`,
    find(root) {
      const program = openProject(root, project);
      const found = ts.getPreEmitDiagnostics(program).map((diagnostic) => toViolation(root, diagnostic));
      const checker = program.getTypeChecker();
      for (const source of program.getSourceFiles()) {
        const path = relative(root, source.fileName);
        if (source.isDeclarationFile || !JUDGED.test(path) || path.includes('node_modules/')) continue;
        found.push(...findFloating(checker, source, path));
      }
      return found;
    },
  };
}

function openProject(root: string, project: string): ts.Program {
  const host: ts.ParseConfigFileHost = {
    ...ts.sys,
    getCurrentDirectory: () => root,
    onUnRecoverableConfigFileDiagnostic: fail,
  };
  const parsed = ts.getParsedCommandLineOfConfigFile(`${root}/${project}`, { noEmit: true }, host);
  if (!parsed) throw new Error(`${project} can not be read`);
  const program = ts.createProgram({
    rootNames: parsed.fileNames,
    options: parsed.options,
    configFileParsingDiagnostics: parsed.errors,
  });
  if (parsed.fileNames.length === 0) throw new Error(`${project} names no file`);
  return program;
}

function fail(diagnostic: ts.Diagnostic): never {
  throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
}

function toViolation(root: string, { file, start, code, messageText }: ts.Diagnostic): Violation {
  const message = `TS${code} ${ts.flattenDiagnosticMessageText(messageText, '\n    ')}`;
  if (!file || start === undefined) return { path: '.', message };
  return {
    path: relative(root, file.fileName),
    line: file.getLineAndCharacterOfPosition(start).line + 1,
    message,
  };
}

function findFloating(checker: ts.TypeChecker, source: ts.SourceFile, path: string): Violation[] {
  const found: Violation[] = [];
  walk(source, (node) => {
    if (!ts.isExpressionStatement(node) || !floats(checker, node.expression)) return;
    found.push({
      path,
      line: lineOf(node),
      message: 'starts a promise that nobody waits for; await it, or void it where it catches',
    });
  });
  return found;
}

function floats(checker: ts.TypeChecker, expression: ts.Expression): boolean {
  if (ts.isParenthesizedExpression(expression)) return floats(checker, expression.expression);
  if (ts.isVoidExpression(expression) || ts.isAwaitExpression(expression)) return false;
  if (ts.isConditionalExpression(expression)) {
    return floats(checker, expression.whenTrue) || floats(checker, expression.whenFalse);
  }
  if (ts.isBinaryExpression(expression)) {
    const isAssignment =
      expression.operatorToken.kind >= ts.SyntaxKind.FirstAssignment &&
      expression.operatorToken.kind <= ts.SyntaxKind.LastAssignment;
    return !isAssignment && floats(checker, expression.right);
  }
  if (!ts.isCallExpression(expression) && !ts.isNewExpression(expression)) return false;
  return isPromise(checker, checker.getTypeAtLocation(expression)) && !isCaught(checker, expression);
}

/** `.catch(f)` and `.then(f, g)` see the failure; `.finally` passes it on. */
function isCaught(checker: ts.TypeChecker, expression: ts.Expression): boolean {
  if (!ts.isCallExpression(expression) || !ts.isPropertyAccessExpression(expression.expression)) return false;
  const { name, expression: target } = expression.expression;
  if (name.text === 'catch') return expression.arguments.length > 0;
  if (name.text === 'then') return expression.arguments.length > 1;
  return name.text === 'finally' && isCaught(checker, target);
}

function isPromise(checker: ts.TypeChecker, type: ts.Type): boolean {
  if (type.isUnion()) return type.types.some((part) => isPromise(checker, part));
  return type.getProperty('then') !== undefined && type.getProperty('catch') !== undefined;
}
