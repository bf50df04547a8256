// Literal words: what a person reads on the canvas comes from the catalogues, so that every language can say it. Refuses text
// written into the code, and words that are asked for before the page knows its language.

import ts from 'typescript';
import type { Gate, Violation } from './gate.ts';
import { isTestCode, isTypeScript, listFiles, readText } from './repository-files.ts';
import { lineOf, parse, walk } from './syntax.ts';

const CANVAS = 'apps/canvas/src/';
const FIX = 'say it from apps/canvas/src/languages/catalogues (docs/guides/canvas-languages.md)';

/** Attributes and properties that are read out or shown. */
const SHOWN =
  /^(aria-label|aria-description|aria-roledescription|aria-valuetext|title|placeholder|alt|altText|label|description|heading|hint|intro|emptyText|text|note|detail|meaning)$/;

/** Literal and why it is no word of a language. */
export const LITERAL_EXCEPTIONS: Readonly<Record<string, string>> = {
  'notes.md': 'an example of a file name, which is the same in every language',
  ANTHROPIC_API_KEY: 'an example of a variable, which is the same in every language',
};

export const literalWords: Gate = {
  name: 'words of the canvas stand in its catalogues',
  find(root) {
    return listFiles(root)
      .filter((path) => path.startsWith(CANVAS) && isTypeScript(path) && !isTestCode(path))
      .flatMap((path) => findWords(path, readText(root, path) ?? ''));
  },
};

function findWords(path: string, text: string): Violation[] {
  const found: Violation[] = [];
  const add = (node: ts.Node, message: string) => found.push({ path, line: lineOf(node), message });
  walk(parse(path, text), (node) => {
    if (ts.isJsxText(node) && hasWord(node.text)) add(node, `writes “${node.text.trim()}” into JSX; ${FIX}`);
    else if (isLiteral(node) && isShown(node)) add(node, `shows “${textOf(node)}”; ${FIX}`);
    else if (isSay(node) && !isInFunction(node)) {
      add(node, 'says something before the page knows its language; keep the key and say it while rendering');
    }
  });
  return found;
}

type Literal = ts.StringLiteralLike | ts.TemplateExpression;

const isLiteral = (node: ts.Node): node is Literal =>
  ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);

function textOf(node: Literal): string {
  if (ts.isStringLiteralLike(node)) return node.text;
  return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join('…');
}

const hasWord = (text: string): boolean => /\p{L}{2}/u.test(text);

/** Prose: a capital, letters, a blank and more letters. */
const isProse = (text: string): boolean => /^[“„]?\p{Lu}[\p{Ll}’']*[,:;]? \p{L}/u.test(text);

function isShown(node: Literal): boolean {
  const text = textOf(node);
  if (!hasWord(text) || Object.hasOwn(LITERAL_EXCEPTIONS, text)) return false;
  const place = placeOf(node);
  return place === 'shown' || (place === 'anywhere' && isProse(text));
}

/** Follows a literal up through conditions and joins to what it is given to. */
function placeOf(node: ts.Node): 'shown' | 'hidden' | 'anywhere' {
  const { parent } = node;
  if (ts.isConditionalExpression(parent)) return parent.condition === node ? 'hidden' : placeOf(parent);
  if (ts.isBinaryExpression(parent)) return isJoin(parent, node) ? placeOf(parent) : 'hidden';
  if (ts.isParenthesizedExpression(parent) || ts.isAsExpression(parent)) return placeOf(parent);
  if (ts.isTemplateSpan(parent)) return placeOf(parent.parent);
  if (ts.isJsxExpression(parent)) return ts.isJsxAttribute(parent.parent) ? placeOf(parent) : 'shown';
  if (ts.isJsxAttribute(parent)) return SHOWN.test(parent.name.getText()) ? 'shown' : 'hidden';
  if (ts.isPropertyAssignment(parent) && parent.name !== node) {
    return SHOWN.test(parent.name.getText()) && !isKeyOfCatalogue(node) ? 'shown' : 'anywhere';
  }
  const isRead = ts.isImportDeclaration(parent) || ts.isLiteralTypeNode(parent) || ts.isCaseClause(parent);
  return isRead || isForDevelopers(parent) ? 'hidden' : 'anywhere';
}

function isJoin(parent: ts.BinaryExpression, node: ts.Node): boolean {
  const operator = parent.operatorToken.kind;
  return (
    operator === ts.SyntaxKind.PlusToken ||
    operator === ts.SyntaxKind.QuestionQuestionToken ||
    operator === ts.SyntaxKind.BarBarToken ||
    (operator === ts.SyntaxKind.AmpersandAmpersandToken && parent.right === node)
  );
}

const isKeyOfCatalogue = (node: ts.Node): boolean =>
  ts.isStringLiteralLike(node) && /^[a-z]\w*\.[a-z]\w*$/.test(node.text);

/** Bugs and the console are read by developers. */
function isForDevelopers(parent: ts.Node): boolean {
  if (ts.isNewExpression(parent)) return parent.expression.getText() === 'Error';
  return ts.isCallExpression(parent) && /^console\./.test(parent.expression.getText());
}

const isSay = (node: ts.Node): boolean => ts.isCallExpression(node) && node.expression.getText() === 'say';

function isInFunction(node: ts.Node): boolean {
  for (let at = node.parent; at; at = at.parent) if (ts.isFunctionLike(at)) return true;
  return false;
}
