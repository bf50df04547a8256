// Lifecycle page: the statuses and transitions of a workspace, and what each backend answers to each verb of the dispatcher.

import { CAPABILITIES, OFFERED, VERBS, WITHOUT_BACKEND } from '@molecule/backends';
import { isLeased, isTransient, TRANSITIONS, WAITS_FOR, WORKSPACE_STATUSES } from '@molecule/domain';

const ENDINGS = {
  fail_workspace: 'the workspace is `failed` with `no_backend`',
  success: 'done: there is nothing',
  gone: 'gone',
  fault: '503 that says so',
  empty: 'an empty answer',
} as const;

export function lifecyclePage(): string {
  return [
    '# Lifecycle',
    '',
    'Generated from `packages/domain` and `packages/backends` by `npm run generate`. In words: [lifecycle](../guides/lifecycle.md).',
    '',
    '## Statuses',
    '',
    '| Status | Ends by itself | Rests until |',
    '|---|---|---|',
    ...WORKSPACE_STATUSES.map((status) => `| \`${status}\` | ${endingOf(status)} | ${restOf(status)} |`),
    '',
    '## Transitions',
    '',
    'A trigger that has no row for the present status changes nothing and tells nothing.',
    '',
    '| Trigger | From | To | Told |',
    '|---|---|---|---|',
    ...TRANSITIONS.map(
      ({ trigger, from, to, events }) =>
        `| \`${trigger}\` | ${from.join(', ')} | ${to} | ${events.map((event) => `\`${event}\``).join(' ') || 'nothing'} |`,
    ),
    '',
    '## Verbs',
    '',
    'A declined verb is a 501 with the reason of this table.',
    '',
    `| Verb | ${COLUMNS.join(' | ')} | without a backend |`,
    `|---|${COLUMNS.map(() => '---|').join('')}---|`,
    ...VERBS.map((verb) => {
      const cells = COLUMNS.map((kind) => CAPABILITIES[kind][verb] ?? 'yes');
      return `| \`${verb}\` | ${cells.join(' | ')} | ${ENDINGS[WITHOUT_BACKEND[verb]]} |`;
    }),
    '',
  ].join('\n');
}

const COLUMNS = OFFERED;

function endingOf(status: (typeof WORKSPACE_STATUSES)[number]): string {
  if (isTransient(status)) return 'at its deadline';
  return isLeased(status) ? 'when its lease runs out' : 'no';
}

function restOf(status: (typeof WORKSPACE_STATUSES)[number]): string {
  const who = WAITS_FOR[status];
  const words = {
    person: 'a person acts',
    agent: 'its agent calls',
    message: 'a message comes',
    restart: 'it is started again',
  };
  return who === null ? '' : words[who];
}
