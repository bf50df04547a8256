// Memory effects: what roles may read and write in memory after a move and not before, and the other way round, as the server
// sees it.

import { memories } from '@molecule/contracts';
import { useQueries } from '@tanstack/react-query';
import { say } from '../../languages/say.ts';
import { listWords } from '../../languages/value-words.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Icon } from '../../ui/icon.tsx';
import { type MemoryChange, memoryChanges } from './memory-changes.ts';

/** Beyond so many roles that move at once nobody asks for each. */
const ASKED_ROLES = 20;
const SHOWN = 8;

interface MemoryEffectsProps {
  ids: readonly string[];
  managerId: string | null;
}

export function MemoryEffects({ ids, managerId }: MemoryEffectsProps) {
  const { call } = useTools();
  const asked = ids.length > ASKED_ROLES ? [] : ids;
  const queries = useQueries({
    queries: asked.map((id) => ({
      queryKey: ['move-preview', id, managerId],
      retry: false,
      staleTime: 0,
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        call(memories.previewMove, { params: { id }, query: { parent: managerId ?? '' }, signal }),
    })),
  });
  if (ids.length > ASKED_ROLES) return <Note>{say('reorganise.whatATeamShares')}</Note>;
  if (queries.some(({ error }) => error)) return <Note>{say('reorganise.whatItChangesIn')}</Note>;
  const previews = queries.flatMap(({ data }) => (data ? [data] : []));
  if (previews.length < asked.length) return <Note>{say('reorganise.lookingAtWhatIt')}</Note>;
  const { gained, lost } = memoryChanges(previews);
  if (gained.length + lost.length === 0) return <Note>{say('reorganise.nobodyGainsOrLoses')}</Note>;
  return (
    <>
      <ChangeList title={say('reorganise.memoryGained')} icon="plus" tone="text-well" changes={gained} />
      <ChangeList title={say('reorganise.memoryLost')} icon="minus" tone="text-fail" changes={lost} />
    </>
  );
}

function Note({ children }: { children: string }) {
  return <p className="mt-3 mb-0 text-note text-ink-soft">{children}</p>;
}

interface ChangeListProps {
  title: string;
  icon: 'plus' | 'minus';
  tone: string;
  changes: readonly MemoryChange[];
}

function ChangeList({ title, icon, tone, changes }: ChangeListProps) {
  if (changes.length === 0) return null;
  return (
    <section className="mt-2">
      <h3 className={`m-0 flex items-center gap-2 text-body font-semibold ${tone}`}>
        <Icon name={icon} />
        {title}
      </h3>
      <ul className="mt-1 mb-0 max-h-40 list-none overflow-y-auto ps-6">
        {changes.slice(0, SHOWN).map(({ id, name, what }) => (
          <li key={id}>
            <strong className="font-semibold">{name}</strong>{' '}
            <span className="text-ink-soft">{listWords(what)}</span>
          </li>
        ))}
        {changes.length > SHOWN ? (
          <li>{say('reorganise.andCountMoreRoles', { count: changes.length - SHOWN })}</li>
        ) : null}
      </ul>
    </section>
  );
}
