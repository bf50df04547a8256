// Schema: the settings of a config.yaml that an agent reads, with a person's words for each. Others are kept as they are.

import { KNOWN_RUNTIMES } from '@molecule/domain';

export type FieldKind =
  | { kind: 'text' }
  | { kind: 'long' }
  | { kind: 'lines' }
  | { kind: 'number'; min: number; max: number }
  | { kind: 'choice'; options: readonly string[] }
  | { kind: 'yes' };

export type Field = FieldKind & { path: readonly string[]; label: string; hint: string };

export interface Section {
  title: string;
  fields: readonly Field[];
}

export const SECTIONS: readonly Section[] = [
  {
    title: 'Who it is',
    fields: [
      { kind: 'text', path: ['name'], label: 'Name', hint: 'What the agent calls itself.' },
      {
        kind: 'long',
        path: ['description'],
        label: 'Description',
        hint: 'Others read it to know what to ask for.',
      },
      { kind: 'text', path: ['role'], label: 'Role', hint: 'Its place in the organisation, in a few words.' },
      { kind: 'text', path: ['version'], label: 'Version', hint: 'Shown on its card.' },
    ],
  },
  {
    title: 'What answers',
    fields: [
      {
        kind: 'choice',
        path: ['runtime'],
        label: 'Engine',
        hint: 'One that is not installed is replaced, and said so.',
        options: KNOWN_RUNTIMES.filter((name) => name !== 'external'),
      },
      {
        kind: 'text',
        path: ['model'],
        label: 'Model',
        hint: 'Provider and model, such as anthropic:claude-opus-4-7.',
      },
      {
        kind: 'lines',
        path: ['runtime_config', 'required_env'],
        label: 'Secrets that it needs',
        hint: 'One name a line. Without them it does not start.',
      },
      {
        kind: 'number',
        path: ['max_concurrent_tasks'],
        label: 'Tasks at once',
        hint: 'From 1 to 64; more wait in its queue.',
        min: 1,
        max: 64,
      },
    ],
  },
  {
    title: 'What it is told',
    fields: [
      {
        kind: 'lines',
        path: ['prompt_files'],
        label: 'Prompt files',
        hint: 'One file a line, read in this order.',
      },
      {
        kind: 'long',
        path: ['initial_prompt'],
        label: 'First message',
        hint: 'What it does by itself at its first start.',
      },
      { kind: 'lines', path: ['skills'], label: 'Skills', hint: 'One folder of skills/ a line.' },
      { kind: 'lines', path: ['tools'], label: 'Tools', hint: 'One name a line.' },
      { kind: 'lines', path: ['plugins'], label: 'Plugins', hint: 'One name a line.' },
    ],
  },
  {
    title: 'How it hands work on',
    fields: [
      {
        kind: 'number',
        path: ['delegation', 'retry_attempts'],
        label: 'Attempts',
        hint: 'From 1 to 10.',
        min: 1,
        max: 10,
      },
      {
        kind: 'number',
        path: ['delegation', 'timeout'],
        label: 'Seconds to wait for an answer',
        hint: 'At most 1800.',
        min: 1,
        max: 1800,
      },
    ],
  },
];

export const FIELDS: readonly Field[] = SECTIONS.flatMap((section) => section.fields);

/** Keys that the form does not show but that mean something. */
export const OTHER_KEYS = [
  'tier',
  'initial_prompt_file',
  'a2a',
  'rehearsal',
  'molecule',
  'env',
  'runtime_config',
  'delegation',
  'sub_workspaces',
  'shared_context',
  'template_schema_version',
  'category',
] as const;
