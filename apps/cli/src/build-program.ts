// Build program: the verbs as a command line.

import { createClient } from '@molecule/client';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { type Access, readAccess } from './config.ts';
import { EXIT, explainFailure, NotConfirmed } from './explain-failure.ts';
import { printAnswer } from './print-answer.ts';
import type { Verb, VerbInput } from './verb.ts';
import { GROUPS, VERBS } from './verbs.ts';

/** Upgrades of one tenant are answered when they are done. */
const CALL_LIMIT_MS = 600_000;

export interface Surroundings {
  out(text: string): void;
  err(text: string): void;
  /** What a person typed; null where nobody can be asked. */
  ask(question: string): Promise<string | null>;
  env: Readonly<Record<string, string | undefined>>;
}

/** Resolves with the exit code. Rejects for a bug alone. */
export async function runProgram(argv: readonly string[], around: Surroundings): Promise<number> {
  let code = 0;
  const program = buildProgram(around, (next) => {
    code = next;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : EXIT.usage;
  }
}

export function buildProgram(around: Surroundings, onCode: (code: number) => void): Command {
  const program = new Command('molecule')
    .description('Operates a platform of organisations.')
    .option('--url <url>', 'where the platform is; MOLECULE_PLATFORM_ADDRESS otherwise')
    .option('--token-file <file>', 'a file of yours (0600) with the token; CP_ADMIN_API_TOKEN otherwise')
    .option('--json', 'the answer as JSON')
    .option('--yes', 'do dangerous things without asking')
    .showHelpAfterError('(--help says more)')
    .exitOverride()
    .configureOutput({ writeOut: around.out, writeErr: around.err });
  const groups = new Map<string, Command>();
  for (const verb of VERBS) {
    const [groupName, name] = verb.path;
    let group = groups.get(groupName);
    if (!group) {
      group = program.command(groupName).description(GROUPS[groupName] ?? groupName);
      groups.set(groupName, group);
    }
    addVerb(group.command(name), verb, async (input) => {
      onCode(await runVerb(verb, input, program.opts(), around));
    });
  }
  return program;
}

function addVerb(command: Command, verb: Verb, run: (input: VerbInput) => Promise<void>): void {
  command.description(verb.summary);
  for (const { name, doc } of verb.args ?? []) command.argument(`<${name}>`, doc);
  for (const { flags, doc, read, fallback } of verb.options ?? []) {
    command.option(flags, doc, read ? orInvalid(read) : (text: unknown) => text, fallback);
  }
  command.action(async (...given: unknown[]) => {
    const names = (verb.args ?? []).map(({ name }) => name);
    await run({
      args: Object.fromEntries(names.map((name, i) => [name, String(given[i])])),
      options: command.opts(),
    });
  });
}

function orInvalid(read: (text: string) => unknown) {
  return (text: string) => {
    try {
      return read(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

interface Shared {
  url?: string;
  tokenFile?: string;
  json?: boolean;
  yes?: boolean;
}

async function runVerb(verb: Verb, input: VerbInput, shared: Shared, around: Surroundings): Promise<number> {
  let access: Access | null = null;
  try {
    access = readAccess(shared, around.env);
    await confirm(verb, input, shared, around);
    const { token } = access;
    const call = createClient({
      baseUrl: access.address,
      timeoutMs: CALL_LIMIT_MS,
      headers: () => ({ authorization: `Bearer ${token.reveal()}` }),
    });
    const answer = await verb.run(call, input);
    around.out(`${printAnswer(answer, verb.table, shared.json === true)}\n`);
    return 0;
  } catch (error) {
    const { sentence, code } = explainFailure(error, access?.address ?? '');
    around.err(`${sentence}\n`);
    return code;
  }
}

async function confirm(verb: Verb, input: VerbInput, shared: Shared, around: Surroundings): Promise<void> {
  const danger = verb.danger?.(input);
  if (!danger || danger.confirm === '' || shared.yes === true) return;
  const typed = await around.ask(`${danger.sentence}\nType ${danger.confirm} to go on: `);
  if (typed === null) throw new NotConfirmed('nobody can be asked here: say --yes');
  if (typed.trim() !== danger.confirm) throw new NotConfirmed('nothing was done');
}
