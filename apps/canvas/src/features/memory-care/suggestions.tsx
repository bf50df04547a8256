// Suggestions: what could be forgotten or kept, decided one by one or many at once. Nothing happens by itself.

import type { memories } from '@molecule/contracts';
import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { useCanvas } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Reading } from '../activity/activity-tab.tsx';
import { OutOfReach } from '../workspaces/out-of-reach.tsx';
import { namespaceName } from './namespace-name.ts';
import { useCareActions, useSuggestions } from './use-memory-care.ts';

const TITLES = {
  duplicate: 'memoryCare.duplicate',
  near_duplicate: 'memoryCare.nearDuplicate',
  expiring: 'memoryCare.expiring',
  never_read: 'memoryCare.neverRead',
} as const;

export function Suggestions() {
  const found = useSuggestions();
  const { look, decide } = useCareActions();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [isBusy, setBusy] = useState(false);
  const [failed, setFailed] = useState(0);
  if (found.isPending) return <Reading />;
  if (found.error && !found.data)
    return <OutOfReach what="memory" error={found.error} onRetry={() => void found.refetch()} />;
  const rows = found.data;
  const ids = rows.map(({ id }) => id).filter((id) => chosen.has(id));
  const busily = async (work: () => Promise<unknown>) => {
    setBusy(true);
    await work();
    setBusy(false);
  };
  const act = (of: string[], decision: 'accept' | 'dismiss') =>
    busily(async () => {
      setFailed(await decide(of, decision));
      setChosen(new Set());
    });
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-5 py-2">
        <label className="flex flex-1 items-center gap-2">
          <input
            type="checkbox"
            disabled={rows.length === 0}
            checked={rows.length > 0 && ids.length === rows.length}
            onChange={() =>
              setChosen(ids.length === rows.length ? new Set() : new Set(rows.map(({ id }) => id)))
            }
            className="size-4 accent-motion"
          />
          {say('memoryCare.chosen', { count: ids.length })}
        </label>
        <Button isBusy={isBusy} onClick={() => void busily(look)}>
          {say('memoryCare.lookNow')}
        </Button>
        <Button disabled={ids.length === 0} isBusy={isBusy} onClick={() => void act(ids, 'dismiss')}>
          {say('memoryCare.dismiss')}
        </Button>
        <Button
          look="primary"
          disabled={ids.length === 0}
          isBusy={isBusy}
          onClick={() => void act(ids, 'accept')}
        >
          {say('memoryCare.accept')}
        </Button>
      </div>
      <p role="status" className="m-0 px-5 text-note text-fail empty:hidden">
        {failed > 0 ? say('memoryCare.someFailed', { count: failed }) : ''}
      </p>
      {rows.length === 0 ? (
        <Empty icon="info" title={say('memoryCare.noSuggestions')}>
          {say('memoryCare.lookedThroughEveryHour')}
        </Empty>
      ) : (
        <ul
          className="m-0 min-h-0 flex-1 list-none overflow-y-auto p-0"
          aria-label={say('memoryCare.suggestions')}
        >
          {rows.map((row) => (
            <SuggestionCard
              key={row.id}
              row={row}
              isChosen={chosen.has(row.id)}
              onToggle={() => toggle(row.id)}
            />
          ))}
        </ul>
      )}
    </>
  );
}

interface SuggestionCardProps {
  row: memories.Suggestion;
  isChosen: boolean;
  onToggle: () => void;
}

function SuggestionCard({ row, isChosen, onToggle }: SuggestionCardProps) {
  const roles = useCanvas((canvas) => canvas.roles);
  const title = say(TITLES[row.kind]);
  return (
    <li className="flex gap-3 border-b border-line py-3 ps-5 pe-4">
      <input
        type="checkbox"
        checked={isChosen}
        onChange={onToggle}
        aria-label={say('memoryCare.choose', { what: row.excerpt?.slice(0, 80) ?? title })}
        className="mt-1 size-4 accent-motion"
      />
      <div className="min-w-0 flex-1">
        <p className="m-0 font-medium">{title}</p>
        <p className="mt-1 mb-0 line-clamp-3 break-words">{row.excerpt ?? say('memoryCare.goneMeanwhile')}</p>
        {row.other_excerpt ? (
          <p className="mt-1 mb-0 line-clamp-2 border-s-2 border-line ps-2 break-words text-ink-soft">
            {say('memoryCare.stays', { text: row.other_excerpt })}
          </p>
        ) : null}
        <p className="mt-1.5 mb-0 text-note text-ink-soft">
          {say('memoryCare.where', {
            where: namespaceName(row.namespace, roles),
            effect: say(row.kind === 'expiring' ? 'memoryCare.acceptKeeps' : 'memoryCare.acceptForgets'),
          })}
        </p>
      </div>
    </li>
  );
}
