// Command page: every verb of the `molecule` command, from the data that the command itself is built of.

import { SETTINGS } from '../../apps/cli/src/config.ts';
import type { Verb } from '../../apps/cli/src/verb.ts';
import { GROUPS, VERBS } from '../../apps/cli/src/verbs.ts';

export function commandPage(): string {
  return [
    '# The molecule command',
    '',
    'Generated from `apps/cli` by `npm run generate`. From a clone: `npm run -s molecule -- <verb>`. Before the verb stand',
    '`--url`, `--token-file`, `--json` and `--yes`. Verbs marked † ask for a name to be typed, or for `--yes`.',
    '',
    '| Setting | |',
    '|---|---|',
    ...Object.values(SETTINGS).map(
      ({ name, doc, isSecret, fallback }) =>
        `| \`${name}\` | ${doc}${fallback === undefined || isSecret ? '' : ` \`${fallback}\` unless set.`} |`,
    ),
    '',
    '| Exit code | |',
    '|---|---|',
    '| 0 | done |',
    '| 1 | the platform refused; the sentence says why |',
    '| 2 | the command was not understood, or not confirmed |',
    '| 3 | the platform was not reached |',
    '',
    ...Object.entries(GROUPS).flatMap(([group, what]) => [
      `## ${group}: ${what}`,
      '',
      '| Verb | What it does |',
      '|---|---|',
      ...VERBS.filter(({ path }) => path[0] === group).map(rowOf),
      '',
    ]),
  ].join('\n');
}

function rowOf({ path, summary, args = [], options = [], danger }: Verb): string {
  const shown = [...path, ...args.map(({ name }) => `<${name}>`)].join(' ');
  const more = options.map(({ flags, doc }) => `<br>\`${flags}\` ${doc}`).join('');
  return `| \`molecule ${shown}\`${danger ? ' †' : ''} | ${summary}${more} |`;
}
