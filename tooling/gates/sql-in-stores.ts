// SQL in stores: statements stand in *.pg.ts and in packages/postgres, and nowhere else.

import ts from 'typescript';
import type { Gate, Violation } from './gate.ts';
import { isTestCode, isTypeScript, listFiles, readText } from './repository-files.ts';
import { lineOf, parse, walk } from './syntax.ts';

/** A statement is written all in capitals or all in small letters; "Select … from" at the start of a sentence is prose. */
const STATEMENTS = [
  /^\s*(select\b[\s\S]*\bfrom\s+[a-z_"$]|insert\s+into\s+[a-z_"$]+[\s\S]*(\bvalues\b|\bselect\b|\()|update\s+[a-z_"$]+[\s\S]*\bset\s+[a-z_"]+\s*=|delete\s+from\s+[a-z_"$]+(\s|;|$)|with\s+[a-z_]+\s+as\s*\(|(create|alter|drop)\s+(unlogged\s+)?(table|index|schema|function|type)\s|truncate\s+table\s|listen\s+[a-z_]+$|notify\s+[a-z_]+\s*,)/,
];
const isStatement = (text: string): boolean => {
  const first = /[A-Za-z]+/.exec(text)?.[0] ?? '';
  if (first !== first.toLowerCase() && first !== first.toUpperCase()) return false;
  return STATEMENTS.some((pattern) => pattern.test(text.toLowerCase()));
};

export const sqlInStores: Gate = {
  name: 'SQL stands in *.pg.ts only',
  find(root) {
    return listFiles(root)
      .filter((path) => /^(apps|packages)\//.test(path) && isTypeScript(path) && !isTestCode(path))
      .filter((path) => !path.endsWith('.pg.ts') && !/^(packages\/postgres|apps\/canvas)\//.test(path))
      .flatMap((path) => findStatements(path, readText(root, path) ?? ''));
  },
};

function findStatements(path: string, text: string): Violation[] {
  const found: Violation[] = [];
  walk(parse(path, text), (node) => {
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
    if (!isText || !isStatement(textOf(node))) return;
    found.push({
      path,
      line: lineOf(node),
      message: 'contains SQL; move it into a *.pg.ts behind an interface',
    });
  });
  return found;
}

function textOf(node: ts.StringLiteralLike | ts.TemplateExpression): string {
  if (!ts.isTemplateExpression(node)) return node.text;
  return node.head.text + node.templateSpans.map((span) => `$${span.literal.text}`).join('');
}
