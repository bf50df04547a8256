// Load config file: reads config.yaml of a workspace, with the contract's defaults; unknown keys are ignored.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, faults } from '@molecule/domain';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';

export const DEFAULT_MODEL = 'anthropic:claude-opus-4-7';

const strings = z.array(z.string()).nullish().transform(orEmpty);
const text = (fallback = '') =>
  z
    .union([z.string(), z.number()])
    .nullish()
    .transform((value) => (value === null || value === undefined ? fallback : String(value)));

const runtimeOptions = z.object({
  required_env: strings,
  timeout: z.number().nonnegative().default(0),
  model: text(),
});
const a2aOptions = z.object({
  port: z.number().int().min(1).max(65_535).default(8000),
  streaming: z.boolean().default(true),
  push_notifications: z.boolean().default(true),
});
const delegationOptions = z.object({
  retry_attempts: z.number().int().min(1).max(10).default(3),
  retry_delay: z.number().min(0).max(60).default(5),
  timeout: z.number().positive().max(1800).default(120),
});
const rehearsalOptions = z.object({
  script: z.string().default('rehearsal.yaml'),
  test_controls: z.boolean().default(false),
  /** Overrides the pace of the script; 0 says everything at once. */
  pace_ms: z.number().int().min(0).max(1000).nullable().default(null),
});

/** Ours; other readers ignore it. */
const moleculeOptions = z.object({ suggested_task: text() });

/** The fields of config.yaml that the runtime reads; `null` counts as absent. */
export const configFileSchema = z.object({
  name: text('Workspace'),
  description: text(),
  role: text(),
  version: text('1.0.0'),
  tier: z.unknown().optional().transform(numericTier),
  runtime: text('langgraph'),
  model: text(DEFAULT_MODEL),
  runtime_config: section(runtimeOptions),
  initial_prompt: text(),
  initial_prompt_file: text(),
  skills: strings,
  plugins: strings,
  tools: strings,
  prompt_files: strings,
  max_concurrent_tasks: z
    .number()
    .int()
    .min(1)
    .max(64)
    .nullish()
    .transform((value) => value ?? 4),
  a2a: section(a2aOptions),
  delegation: section(delegationOptions),
  rehearsal: section(rehearsalOptions),
  molecule: section(moleculeOptions),
});
export type ConfigFile = z.output<typeof configFileSchema>;

/** Reads and checks `<configDir>/config.yaml`; a Fault CONFIG_MISSING says in one sentence what to mend. */
export async function loadConfigFile(configDir: string): Promise<ConfigFile> {
  const path = join(configDir, 'config.yaml');
  let source: string;
  try {
    source = await readFile(path, 'utf8');
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'does not exist'
        : `can not be read (${(error as NodeJS.ErrnoException).code})`;
    throw faults.configMissing(
      `${path} ${reason}: put a config.yaml there, or point WORKSPACE_CONFIG_PATH at the folder that holds it`,
    );
  }
  return parseConfigFile(source, path);
}

export function parseConfigFile(source: string, path: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const problem = document.errors[0];
  if (problem) {
    const { line, col } = lines.linePos(problem.pos[0]);
    throw broken(
      `${path}, line ${line}, column ${col}: ${problem.message.split('\n')[0]}; mend the YAML there and restart the workspace`,
    );
  }
  const value = plainValue(document, path) ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw broken(
      `${path}, line 1, column 1: a mapping such as "name: Researcher" is expected; mend it and restart the workspace`,
    );
  }
  const parsed = configFileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const node = document.getIn(issue.path, true) as { range?: [number, number, number] } | undefined;
  const { line, col } = lines.linePos(node?.range?.[0] ?? 0);
  throw broken(
    `${path}, line ${line}, column ${col}: "${issue.path.join('.')}": ${issue.message}; correct the value and restart the workspace`,
  );
}

/** An alias without its anchor, or aliases that multiply, are noticed only here. */
function plainValue(document: Document, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw broken(`${path}: ${error.message}; mend the YAML alias and restart the workspace`);
  }
}

function section<S extends z.ZodObject>(schema: S) {
  return z.preprocess((value) => withoutNulls(value ?? {}), schema).prefault({});
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== null));
}

function orEmpty(list: string[] | null | undefined): string[] {
  return list ?? [];
}

function numericTier(value: unknown): number {
  const tier = typeof value === 'string' ? Number(value) : value;
  return typeof tier === 'number' && Number.isInteger(tier) ? tier : 1;
}

function broken(message: string): Fault {
  return new Fault('CONFIG_MISSING', message);
}
