// Generation line: the number of the configuration that should run and of the one that runs, and what made each.

import { config, workspaces } from '@molecule/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { RichWords } from '../../languages/rich-words.tsx';
import { say } from '../../languages/say.ts';
import { timeWords } from '../../languages/value-words.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import type { Role } from '../workspaces/model.ts';
import { restartRole } from '../workspaces/role-actions.ts';

const causes = (): Readonly<Record<string, string>> => ({
  first: say('config.theFirstOne'),
  created: say('config.madeWithTheRole'),
  secret: say('config.aSecret'),
  files: say('config.files'),
  document: say('config.settings'),
  fields: say('config.fieldsOfTheRole'),
  global_secret: say('config.aSecretOfEvery'),
});
const LISTED = '6';
/** An agent says with a heartbeat what it runs, and no event tells of it. */
const DRIFTING_MS = 2_000;
const SETTLED_MS = 15_000;

export function GenerationLine({ role }: { role: Role }) {
  const tools = useTools();
  const state = useQuery<config.ConfigGeneration | null>({
    queryKey: ['generation', role.id, role.status],
    retry: false,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state: { data } }) =>
      data?.drift || data?.running === null ? DRIFTING_MS : SETTLED_MS,
    queryFn: async ({ signal }) =>
      (await tools.call(workspaces.readWorkspace, { params: { id: role.id }, signal })).config_generation ??
      null,
  });
  const generation = state.data ?? null;
  const query = useQuery({
    queryKey: ['generations', role.id, generation?.wanted],
    retry: false,
    queryFn: ({ signal }) =>
      tools.call(config.listGenerations, { params: { id: role.id }, query: { limit: LISTED }, signal }),
  });
  if (!generation || generation.wanted === null) return null;
  const { wanted, running, drift } = generation;
  return (
    <section
      aria-label={say('config.configurationInForce')}
      className={`border-b border-line px-5 py-2 ${drift ? 'bg-warn-soft' : ''}`}
    >
      <div className="flex items-center gap-3">
        <p role="status" className="m-0 min-w-0 flex-1">
          {drift ? <Icon name="degraded" className="me-1 inline text-warn" /> : null}
          <RichWords
            of={drift ? 'config.drifts' : running === null ? 'config.countsLater' : 'config.inForce'}
            values={{ wanted: String(wanted), running: String(running ?? say('config.anotherOne')) }}
            tags={{
              b: (number) => <strong className="font-semibold">{number}</strong>,
              soft: (rest) => <span className={drift ? '' : 'text-ink-soft'}>{rest}</span>,
            }}
          />
        </p>
        {drift ? (
          <Button icon="restart" onClick={() => void restartRole(tools, role.id)}>
            {say('config.restartNow')}
          </Button>
        ) : null}
      </div>
      {query.data && query.data.length > 0 ? (
        <details className="mt-1 text-note">
          <summary className="w-fit cursor-pointer text-ink-soft hover:text-ink">
            {say('config.howItCameAbout')}
          </summary>
          <ol className="mt-1.5 mb-1 list-none p-0">
            {query.data.map((row) => (
              <li key={row.number} className="flex gap-3 py-0.5">
                <span className="w-8 shrink-0 text-end font-semibold">{row.number}</span>
                <span className="min-w-0 flex-1 truncate">
                  {causes()[row.cause] ?? row.cause}, {row.created_by}
                </span>
                <time dateTime={row.created_at} className="text-ink-soft">
                  {timeWords(row.created_at, 'full')}
                </time>
              </li>
            ))}
          </ol>
        </details>
      ) : null}
    </section>
  );
}
