// Spend sheet: who spent what this month, read anew while it is looked at.

import { workspaces } from '@molecule/contracts';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { say } from '../../languages/say.ts';
import { numberWords } from '../../languages/value-words.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { toRole } from '../workspaces/model.ts';
import { type SpendLine, spendSheet, spendState } from './model.ts';
import { moneyWords } from './spend-words.ts';

const READ_AGAIN_MS = 15_000;
const FILL = { free: 'bg-line-strong', well: 'bg-line-strong', near: 'bg-warn', over: 'bg-fail' } as const;

export default function SpendSheet() {
  const { call, store } = useTools();
  const roles = useCanvas((canvas) => canvas.roles);
  const reading = useQuery({
    queryKey: ['spend'],
    queryFn: async ({ signal }) => {
      const list = await call(workspaces.listWorkspaces, { signal });
      store.getState().setRoles(list.map(toRole));
      return list.length;
    },
    refetchInterval: READ_AGAIN_MS,
  });
  const { lines, totalCents } = useMemo(() => spendSheet(roles), [roles]);
  return (
    <section
      className="min-h-0 flex-1 overflow-y-auto px-5 py-4"
      aria-label={say('spend.title')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
    >
      <p className="m-0 text-lead font-semibold">{say('spend.total', { total: moneyWords(totalCents) })}</p>
      <p className="mt-1 mb-3 text-note text-ink-soft">{say('spend.whoCounts')}</p>
      {reading.isError ? (
        <p role="alert" className="m-0 mb-3 rounded-m bg-warn-soft px-3 py-2">
          {say('spend.mayBeOld')}
        </p>
      ) : null}
      <table className="w-full border-collapse">
        <thead>
          <tr className="text-note text-ink-soft">
            <th className="py-1.5 text-start font-medium">{say('spend.role')}</th>
            <th className="py-1.5 text-end font-medium">{say('spend.spent')}</th>
            <th className="py-1.5 ps-2 pe-2.5 text-end font-medium">{say('spend.limit')}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <Line
              key={line.role.id}
              line={line}
              onLimit={() => store.setState({ asking: { id: line.role.id, what: 'limit' } })}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The name leads to what the role did for its money. */
function Line({
  line: { role, spentCents, limitCents, share },
  onLimit,
}: {
  line: SpendLine;
  onLimit: () => void;
}) {
  const { store } = useTools();
  const state = spendState(share);
  return (
    <tr className="border-t border-line">
      <td className="w-full max-w-0 py-2">
        <button
          type="button"
          className="block max-w-full truncate text-start font-medium underline decoration-line-strong underline-offset-2 hover:decoration-ink"
          onClick={() => store.setState({ panel: { kind: 'role', id: role.id, tab: 'activity' } })}
        >
          {role.name}
        </button>
        {share === null ? null : (
          <span className="mt-1.5 block h-1 overflow-hidden rounded-round bg-sunken" aria-hidden="true">
            <span
              className={`block h-full ${FILL[state]}`}
              style={{ width: `${Math.min(100, share * 100)}%` }}
            />
          </span>
        )}
        {state === 'over' ? (
          <span className="mt-1 flex items-center gap-1 text-note text-fail">
            <Icon name="failed" className="size-3.5!" />
            {say('spend.over')}
          </span>
        ) : null}
        {state === 'near' ? (
          <span className="mt-1 flex items-center gap-1 text-note text-warn">
            <Icon name="degraded" className="size-3.5!" />
            {say('spend.near', { percent: numberWords((share ?? 0) * 100) })}
          </span>
        ) : null}
      </td>
      <td className="py-2 text-end whitespace-nowrap">{moneyWords(spentCents)}</td>
      <td className="py-1 ps-2 text-end">
        <Button
          look="quiet"
          aria-label={say('spend.changeLimitOf', {
            name: role.name,
            limit: limitCents === null ? say('spend.none') : moneyWords(limitCents),
          })}
          onClick={onLimit}
        >
          {limitCents === null ? say('spend.none') : moneyWords(limitCents)}
        </Button>
      </td>
    </tr>
  );
}
