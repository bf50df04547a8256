// Catalogues agree: every language of the canvas has every message, with the arguments and tags that the English one has; what
// the code asks for is there and gets its arguments, and nothing stands there that nobody asks for.

import { IntlMessageFormat } from 'intl-messageformat';
import ts from 'typescript';
import type { Gate, Violation } from './gate.ts';
import { isTestCode, isTypeScript, listFiles, readText } from './repository-files.ts';
import { lineOf, parse, walk } from './syntax.ts';

const CANVAS = 'apps/canvas/src/';
const FOLDER = `${CANVAS}languages/catalogues/`;
const ENGLISH = `${FOLDER}en.json`;

interface Needs {
  values: ReadonlySet<string>;
  tags: ReadonlySet<string>;
}

export const cataloguesAgree: Gate = {
  name: 'every language of the canvas says everything',
  find(root) {
    const files = listFiles(root);
    const catalogues = files.filter((path) => path.startsWith(FOLDER) && path.endsWith('.json'));
    if (!catalogues.includes(ENGLISH)) return [];
    const read = (path: string) => JSON.parse(readText(root, path) ?? '{}') as Record<string, string>;
    const english = new Map<string, Needs>();
    const found: Violation[] = [];
    for (const [key, text] of Object.entries(read(ENGLISH))) {
      const needs = needsOf(text);
      if (needs) english.set(key, needs);
      else found.push({ path: ENGLISH, message: `${key} is no ICU message` });
    }
    for (const path of catalogues) if (path !== ENGLISH) found.push(...compare(path, read(path), english));
    const used = new Set<string>();
    const sources = files.filter(
      (path) => path.startsWith(CANVAS) && isTypeScript(path) && !isTestCode(path),
    );
    for (const path of sources) found.push(...checkUse(path, readText(root, path) ?? '', english, used));
    const unused = [...english.keys()].filter((key) => !used.has(key));
    return [...found, ...unused.map((key) => ({ path: ENGLISH, message: `${key} is asked for by nobody` }))];
  },
};

function compare(
  path: string,
  messages: Readonly<Record<string, string>>,
  english: ReadonlyMap<string, Needs>,
): Violation[] {
  const found: Violation[] = [];
  for (const [key, wanted] of english) {
    const text = messages[key];
    const needs = text === undefined ? null : needsOf(text);
    if (text === undefined) found.push({ path, message: `lacks ${key}` });
    else if (!needs) found.push({ path, message: `${key} is no ICU message` });
    else if (!isSame(needs.values, wanted.values) || !isSame(needs.tags, wanted.tags)) {
      found.push({ path, message: `${key} has other arguments or tags than in English` });
    }
  }
  const extra = Object.keys(messages).filter((key) => !english.has(key));
  return [...found, ...extra.map((key) => ({ path, message: `has ${key}, which English lacks` }))];
}

const isSame = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((name) => b.has(name));

/** Null when the text can't be parsed. */
function needsOf(text: string): Needs | null {
  const values = new Set<string>();
  const tags = new Set<string>();
  const visit = (elements: ReturnType<IntlMessageFormat['getAst']>) => {
    for (const element of elements) {
      if ('children' in element) {
        tags.add(element.value);
        visit(element.children);
      } else if ('options' in element) {
        values.add(element.value);
        for (const option of Object.values(element.options)) visit(option.value);
      } else if ('value' in element && !isPlainText(element)) values.add(element.value);
    }
  };
  try {
    visit(new IntlMessageFormat(text, 'en').getAst());
    return { values, tags };
  } catch {
    return null;
  }
}

/** The parser's own number for text between arguments. */
const isPlainText = ({ type }: { type: number }): boolean => type === 0;

function checkUse(
  path: string,
  text: string,
  english: ReadonlyMap<string, Needs>,
  used: Set<string>,
): Violation[] {
  const found: Violation[] = [];
  walk(parse(path, text), (node) => {
    if (ts.isStringLiteralLike(node) && english.has(node.text)) used.add(node.text);
    const call = callOf(node);
    if (!call) return;
    for (const key of keysIn(call.key)) {
      const needs = english.get(key);
      const line = lineOf(node);
      if (!needs) found.push({ path, line, message: `asks for ${key}, which is in no catalogue` });
      else {
        const missing = [...missingOf(needs.values, call.values), ...missingOf(needs.tags, call.tags)];
        if (missing.length > 0)
          found.push({ path, line, message: `gives ${key} no ${missing.join(', no ')}` });
      }
    }
  });
  return found;
}

interface Call {
  key: ts.Expression;
  /** Names that are given; null when they can't be told from the text. */
  values: ReadonlySet<string> | null;
  tags: ReadonlySet<string> | null;
}

function callOf(node: ts.Node): Call | null {
  if (ts.isCallExpression(node) && node.expression.getText() === 'say' && node.arguments[0]) {
    return { key: node.arguments[0], values: namesIn(node.arguments[1]), tags: new Set() };
  }
  if (!ts.isJsxSelfClosingElement(node) || node.tagName.getText() !== 'RichWords') return null;
  const attribute = (name: string): ts.Expression | undefined => {
    const found = node.attributes.properties.find(
      (each): each is ts.JsxAttribute => ts.isJsxAttribute(each) && each.name.getText() === name,
    )?.initializer;
    return found && ts.isJsxExpression(found) ? found.expression : (found as ts.StringLiteral | undefined);
  };
  const key = attribute('of');
  return key ? { key, values: namesIn(attribute('values')), tags: namesIn(attribute('tags')) } : null;
}

/** The keys that an expression may be, as far as they are written there. */
function keysIn(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isConditionalExpression(node)) return [...keysIn(node.whenTrue), ...keysIn(node.whenFalse)];
  return ts.isParenthesizedExpression(node) ? keysIn(node.expression) : [];
}

function namesIn(node: ts.Expression | undefined): ReadonlySet<string> | null {
  if (!node) return new Set();
  if (!ts.isObjectLiteralExpression(node)) return null;
  if (node.properties.some((property) => ts.isSpreadAssignment(property))) return null;
  return new Set(node.properties.map((property) => property.name?.getText() ?? ''));
}

const missingOf = (wanted: ReadonlySet<string>, given: ReadonlySet<string> | null): string[] =>
  given === null ? [] : [...wanted].filter((name) => !given.has(name));
