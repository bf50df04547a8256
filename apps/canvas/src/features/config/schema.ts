// Schema: the settings of a config.yaml that an agent reads, with a person's words for each. Others are kept as they are.

import { KNOWN_RUNTIMES } from '@molecule/domain';
import type { WordKey } from '../../languages/say.ts';

export type FieldKind =
  | { kind: 'text' }
  | { kind: 'long' }
  | { kind: 'lines' }
  | { kind: 'number'; min: number; max: number }
  | { kind: 'choice'; options: readonly string[] }
  | { kind: 'yes' };

export type Field = FieldKind & { path: readonly string[]; label: WordKey; hint: WordKey };

export interface Section {
  title: WordKey;
  fields: readonly Field[];
}

export const SECTIONS: readonly Section[] = [
  {
    title: 'config.whoItIs',
    fields: [
      { kind: 'text', path: ['name'], label: 'config.name', hint: 'config.whatTheAgentCalls' },
      {
        kind: 'long',
        path: ['description'],
        label: 'config.description',
        hint: 'config.othersReadItTo',
      },
      { kind: 'text', path: ['role'], label: 'config.role', hint: 'config.itsPlaceInThe' },
      { kind: 'text', path: ['version'], label: 'config.version', hint: 'config.shownOnItsCard' },
    ],
  },
  {
    title: 'config.whatAnswers',
    fields: [
      {
        kind: 'choice',
        path: ['runtime'],
        label: 'config.engine',
        hint: 'config.oneThatIsNot',
        options: KNOWN_RUNTIMES.filter((name) => name !== 'external'),
      },
      {
        kind: 'text',
        path: ['model'],
        label: 'config.model',
        hint: 'config.providerAndModelSuch',
      },
      {
        kind: 'lines',
        path: ['runtime_config', 'required_env'],
        label: 'config.secretsThatItNeeds',
        hint: 'config.oneSecretALine',
      },
      {
        kind: 'number',
        path: ['max_concurrent_tasks'],
        label: 'config.tasksAtOnce',
        hint: 'config.from1To6',
        min: 1,
        max: 64,
      },
    ],
  },
  {
    title: 'config.whatItIsTold',
    fields: [
      {
        kind: 'lines',
        path: ['prompt_files'],
        label: 'config.promptFiles',
        hint: 'config.oneFileALine',
      },
      {
        kind: 'long',
        path: ['initial_prompt'],
        label: 'config.firstMessage',
        hint: 'config.whatItDoesBy',
      },
      { kind: 'lines', path: ['skills'], label: 'config.skills', hint: 'config.oneFolderOfSkills' },
      { kind: 'lines', path: ['tools'], label: 'config.tools', hint: 'config.oneSecretALine' },
      { kind: 'lines', path: ['plugins'], label: 'config.plugins', hint: 'config.oneSecretALine' },
    ],
  },
  {
    title: 'config.howItHandsWork',
    fields: [
      {
        kind: 'number',
        path: ['delegation', 'retry_attempts'],
        label: 'config.attempts',
        hint: 'config.from1To10',
        min: 1,
        max: 10,
      },
      {
        kind: 'number',
        path: ['delegation', 'timeout'],
        label: 'config.secondsToWaitFor',
        hint: 'config.atMost1800',
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
