// Template: text with `{{ path | filter: "argument" }}` in it. One pass: what a value contains is never read again.

import type { Value } from '../operations/operation.ts';
import { FILTERS, type FilterArgument } from './filters.ts';
import { PATH_FORM, type Path, readPath } from './scope.ts';
import { showValue } from './show-value.ts';

interface FilterCall {
  name: string;
  args: readonly FilterArgument[];
}

export interface Placeholder {
  path: Path;
  filters: readonly FilterCall[];
}

export type Template = readonly (string | Placeholder)[];

/** Something in a template that its author has to mend; the message says what. */
export class TemplateProblem extends Error {}

const FILTER_FORM = /^([a-z_]{1,40})(?:\s*:\s*(.+))?$/;
const ARGUMENT_FORM = /^\s*(?:"([^"]*)"|(-?\d{1,9}))\s*(?:,|$)/;

export function parseTemplate(source: string): Template {
  const nodes: (string | Placeholder)[] = [];
  let at = 0;
  while (at < source.length) {
    const open = source.indexOf('{{', at);
    if (open === -1) break;
    const close = source.indexOf('}}', open);
    if (close === -1)
      throw new TemplateProblem(`"{{" is never closed: add "}}" after "${source.slice(open, open + 30)}"`);
    if (open > at) nodes.push(source.slice(at, open));
    nodes.push(parsePlaceholder(source.slice(open + 2, close).trim()));
    at = close + 2;
  }
  if (at < source.length) nodes.push(source.slice(at));
  return nodes;
}

export function renderTemplate(template: Template, scope: ReadonlyMap<string, Value>): string {
  return template.map((node) => (typeof node === 'string' ? node : renderPlaceholder(node, scope))).join('');
}

/** The first name of each path: what the template needs to be known. */
export function namesIn(template: Template): string[] {
  return template.flatMap((node) => (typeof node === 'string' ? [] : [node.path[0]!]));
}

function renderPlaceholder(node: Placeholder, scope: ReadonlyMap<string, Value>): string {
  let value = readPath(scope, node.path);
  for (const filter of node.filters) value = FILTERS[filter.name]!.apply(value, filter.args);
  return showValue(value);
}

function parsePlaceholder(source: string): Placeholder {
  const [path = '', ...filters] = splitPipes(source);
  if (!PATH_FORM.test(path)) {
    throw new TemplateProblem(`"{{ ${source} }}" needs a name such as "document" or "count.words" first`);
  }
  return { path: path.split('.'), filters: filters.map(parseFilter) };
}

function parseFilter(source: string): FilterCall {
  const match = FILTER_FORM.exec(source);
  if (!match || !Object.hasOwn(FILTERS, match[1]!)) {
    const known = Object.keys(FILTERS).join(', ');
    throw new TemplateProblem(`"${source}" is no filter; the filters are ${known}`);
  }
  const name = match[1]!;
  const args = parseArguments(match[2] ?? '', source);
  const { least, most, usage } = FILTERS[name]!;
  if (args.length < least || args.length > most) throw new TemplateProblem(`"${source}": write ${usage}`);
  return { name, args };
}

function parseArguments(source: string, filter: string): FilterArgument[] {
  const args: FilterArgument[] = [];
  let rest = source.trim();
  while (rest !== '') {
    const match = ARGUMENT_FORM.exec(rest);
    if (!match)
      throw new TemplateProblem(`"${filter}": arguments are whole numbers or "quoted texts", with commas`);
    args.push(match[1]?.replaceAll('\\n', '\n') ?? Number(match[2]));
    rest = rest.slice(match[0].length);
  }
  return args;
}

/** Splits at `|` outside quotes. */
function splitPipes(source: string): string[] {
  return (source.match(/(?:"[^"]*"|[^|"]|")+/g) ?? []).map((piece) => piece.trim());
}
