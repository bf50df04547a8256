// Schema: the whole language of rehearsal.yaml. Declarative: steps in order, no loops, no code, nothing outside the list.

import { z } from 'zod';
import { findOperation, OPERATIONS } from '../operations/registry.ts';
import { parseCondition } from './condition.ts';
import { nearest } from './nearest.ts';
import { PATH_FORM } from './scope.ts';
import { parseTemplate, TemplateProblem } from './template.ts';

export const SCRIPT_BOUNDS = {
  fileBytes: 256 * 1024,
  steps: 100,
  targets: 32,
  templateChars: 20_000,
  documentChars: 100_000,
  sampleBytes: 256 * 1024,
  replyChars: 300_000,
  paceMs: 1_000,
  pauseMs: 10_000,
} as const;

const name = z.string().regex(/^[a-z_][a-z0-9_]{0,39}$/, 'use lower case letters, digits and underscores');
const path = z
  .string()
  .regex(PATH_FORM, 'use a name such as document or count.words')
  .transform((value) => value.split('.'));

const template = z
  .string()
  .max(SCRIPT_BOUNDS.templateChars)
  .transform((source, context) => {
    try {
      return parseTemplate(source);
    } catch (error) {
      if (!(error instanceof TemplateProblem)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
      return z.NEVER;
    }
  });

const when = z
  .string()
  .transform((source, context) => {
    const condition = parseCondition(source);
    if (condition) return condition;
    const message =
      'write "present <name>", "empty <name>", "<name> above <number>" or "<name> below <number>"';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .optional();

const operationName = z.string().superRefine((value, context) => {
  if (findOperation(value)) return;
  const known = Object.keys(OPERATIONS);
  const message = `"${value}" is no operation; did you mean "${nearest(value, known)}"? The operations are ${known.join(', ')}`;
  context.addIssue({ code: 'custom', message });
});

const peer = z
  .union([
    z
      .string()
      .min(1)
      .transform((to) => ({ to })),
    z.strictObject({ to: z.string().min(1), role: z.string().min(1).optional(), task: template.optional() }),
  ])
  .transform((target): { to: string; role?: string; task?: z.output<typeof template> } => target);

const ACTIONS = {
  say: z.strictObject({ when, say: template }),
  status: z.strictObject({ when, status: template }),
  compute: z.strictObject({
    when,
    compute: operationName,
    of: path,
    with: z.record(z.string(), z.unknown()).default({}),
    save: name,
  }),
  gather: z.strictObject({ when, gather: z.array(path).min(1).max(SCRIPT_BOUNDS.targets), save: name }),
  write: z.strictObject({ when, write: template, save: name }),
  delegate: z.strictObject({
    when,
    delegate: z.array(peer).min(1).max(SCRIPT_BOUNDS.targets),
    order: z.enum(['parallel', 'sequence']).default('parallel'),
    task: template.optional(),
    timeout_seconds: z.number().positive().max(1800).default(120),
    wait_online_seconds: z.number().min(0).max(120).default(10),
    save: name,
  }),
  pause_ms: z.strictObject({ when, pause_ms: z.number().int().min(0).max(SCRIPT_BOUNDS.pauseMs) }),
  stop: z.strictObject({ when, stop: template }),
  fail: z.strictObject({ when, fail: template }),
} as const;
type ActionName = keyof typeof ACTIONS;
export type StepOf<A extends ActionName> = z.output<(typeof ACTIONS)[A]> & { action: A };
export type Step = { [A in ActionName]: StepOf<A> }[ActionName];
export type PeerTarget = StepOf<'delegate'>['delegate'][number];

const step = z.unknown().transform((raw, context): Step => {
  const action = actionOf(raw);
  if (typeof action !== 'string') {
    context.addIssue({ code: 'custom', message: action.problem });
    return z.NEVER;
  }
  const parsed = ACTIONS[action].safeParse(raw);
  if (parsed.success) return { ...parsed.data, action } as Step;
  for (const issue of parsed.error.issues) {
    context.addIssue({ code: 'custom', message: issue.message, path: [...issue.path] });
  }
  return z.NEVER;
});

const input = z.strictObject({
  /** The marked block of the message that holds it. */
  block: name.optional(),
  /** Without such a block the whole message is taken, less an opening line that ends with a colon. */
  or_message: z.boolean().default(true),
  /** A message shorter than this is no document. */
  min_words: z.number().int().min(0).max(10_000).default(0),
  /** A file beside the script, taken when a short message asks for the sample. */
  sample: z
    .string()
    .regex(/^(?!.*\.\.)[\w][\w./-]{0,200}$/, 'name a file beside the script, such as sample.md')
    .optional(),
  max_chars: z.number().int().min(1).max(SCRIPT_BOUNDS.documentChars).default(SCRIPT_BOUNDS.documentChars),
});
export type InputRule = z.output<typeof input>;

export const scriptSchema = z.strictObject({
  version: z.literal(1, 'write "version: 1"'),
  about: z.string().max(1000).default(''),
  /** Pause after each piece of streamed text, so that people can follow. */
  pace_ms: z.number().int().min(0).max(SCRIPT_BOUNDS.paceMs).default(15),
  inputs: z.record(name, input).default({}),
  steps: z.array(step).min(1).max(SCRIPT_BOUNDS.steps),
});
export type Script = z.output<typeof scriptSchema>;

function actionOf(raw: unknown): ActionName | { problem: string } {
  const known = Object.keys(ACTIONS) as ActionName[];
  const list = known.join(', ');
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return { problem: `a step is a mapping with one of ${list}` };
  }
  const found = known.filter((action) => Object.hasOwn(raw, action));
  if (found.length === 1) return found[0]!;
  if (found.length > 1)
    return { problem: `a step does one thing, this one says ${found.join(' and ')}: make two steps` };
  const key = Object.keys(raw).find((candidate) => candidate !== 'when') ?? '';
  return { problem: `"${key}" is no step; did you mean "${nearest(key, known)}"? The steps are ${list}` };
}
