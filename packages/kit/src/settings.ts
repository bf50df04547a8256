// Settings: the environment, read once, checked whole. All problems are reported together, each with an example.

import { Secret } from './secret.ts';

export interface Setting<T> {
  readonly name: string;
  readonly doc: string;
  readonly example: string;
  readonly isSecret: boolean;
  readonly isOptional: boolean;
  readonly fallback: T | undefined;
  /** Throws a plain sentence when the text is no good. */
  parse(text: string): T;
}

interface Options<T> {
  doc: string;
  example?: string;
  default?: T;
  optional?: boolean;
}

type Definitions = Record<string, Setting<unknown>>;
type ValueOf<S> = S extends Setting<infer T> ? T : never;
export type SettingsOf<D extends Definitions> = { readonly [K in keyof D]: ValueOf<D[K]> };

export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the settings are not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.problems = problems;
  }
}

function make<T>(
  name: string,
  options: Options<T>,
  example: string,
  parse: (text: string) => T,
  isSecret = false,
): Setting<T> {
  return {
    name,
    doc: options.doc,
    example: options.example ?? example,
    isSecret,
    isOptional: options.optional === true,
    fallback: options.default,
    parse,
  };
}

function parseInteger(text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^-?\d+$/.test(text.trim()) || value < min || value > max) {
    throw new Error(`must be a whole number from ${min} to ${max}`);
  }
  return value;
}

type Maybe<T, O> = O extends { default: T } ? T : O extends { optional: true } ? T | undefined : T;

export const setting = {
  int: <O extends Options<number> & { min?: number; max?: number }>(name: string, options: O) =>
    make(name, options, '10', (text) =>
      parseInteger(text, options.min ?? 0, options.max ?? Number.MAX_SAFE_INTEGER),
    ) as Setting<Maybe<number, O>>,

  port: <O extends Options<number>>(name: string, options: O) =>
    make(name, options, '8080', (text) => parseInteger(text, 0, 65_535)) as Setting<Maybe<number, O>>,

  text: <O extends Options<string>>(name: string, options: O) =>
    make(name, options, 'text', (text) => text) as Setting<Maybe<string, O>>,

  secret: <O extends Options<Secret>>(name: string, options: O) =>
    make(name, options, '', (text) => Secret.of(text), true) as Setting<Maybe<Secret, O>>,

  flag: <O extends Options<boolean>>(name: string, options: O) =>
    make(name, options, '1', (text) => {
      if (/^(1|true|yes|on)$/i.test(text)) return true;
      if (/^(0|false|no|off)$/i.test(text)) return false;
      throw new Error('must be 1 or 0');
    }) as Setting<Maybe<boolean, O>>,

  oneOf: <const V extends string, const O extends Options<NoInfer<V>>>(
    name: string,
    values: readonly V[],
    options: O,
  ) =>
    make<V>(name, options, values[0] ?? '', (text) => {
      const found = values.find((value) => value.toLowerCase() === text.toLowerCase());
      if (found === undefined) throw new Error(`must be one of ${values.join(', ')}`);
      return found;
    }) as Setting<O extends { optional: true } ? V | undefined : V>,

  list: <O extends Options<string[]>>(name: string, options: O) =>
    make(name, options, 'a,b', (text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    ) as Setting<Maybe<string[], O>>,

  /** Without the slashes at its end. `schemes` are http and https unless they are named. */
  url: <O extends Options<string> & { schemes?: readonly string[] }>(name: string, options: O) =>
    make(name, options, 'http://localhost:8080', (text) => {
      const schemes = options.schemes ?? ['http', 'https'];
      // `localhost:8080` parses too, as a URL of the scheme `localhost`.
      if (!URL.canParse(text) || !schemes.includes(new URL(text).protocol.slice(0, -1))) {
        throw new Error(`must be a URL that begins with ${schemes.map((s) => `${s}://`).join(' or ')}`);
      }
      return text.replace(/\/+$/, '');
    }) as Setting<Maybe<string, O>>,
};

export function defineSettings<D extends Definitions>(definitions: D): D {
  return definitions;
}

/**
 * Pure. An empty value counts as unset. Throws one SettingsError with every problem; it shows the values that are no
 * good, except where `areValuesHidden` says that any of them may be somebody's secret.
 */
export function readSettings<D extends Definitions>(
  definitions: D,
  env: Readonly<Record<string, string | undefined>>,
  options: { areValuesHidden?: boolean } = {},
): SettingsOf<D> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, definition] of Object.entries(definitions)) {
    const text = env[definition.name]?.trim();
    if (text === undefined || text === '') {
      values[key] = definition.fallback;
      if (definition.fallback === undefined && !definition.isOptional) {
        problems.push(
          `${definition.name} is not set: ${definition.doc} Example: ${definition.name}=${definition.example}`,
        );
      }
      continue;
    }
    try {
      values[key] = definition.parse(text);
    } catch (error) {
      const shown =
        definition.isSecret || options.areValuesHidden ? '' : ` (it is "${withoutPassword(text)}")`;
      problems.push(
        `${definition.name} ${(error as Error).message}${shown}. Example: ${definition.name}=${definition.example}`,
      );
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(values) as SettingsOf<D>;
}

/** A URL may carry one, also where nobody declared a secret. */
function withoutPassword(text: string): string {
  return text.replace(/:\/\/[^/@\s]*@/g, '://[secret]@').slice(0, 200);
}

/** The text of `.env.example`. */
export function printEnvExample(definitions: Definitions): string {
  return Object.values(definitions)
    .map((definition) => {
      const fallback =
        definition.fallback === undefined || definition.isSecret ? '' : String(definition.fallback);
      return `# ${definition.doc}\n#${definition.name}=${fallback === '' ? definition.example : fallback}\n`;
    })
    .join('\n');
}
