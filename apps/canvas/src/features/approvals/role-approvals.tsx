// Role approvals: what one role asked for: what waits, to be decided here, and what was decided before.

import { say } from '../../languages/say.ts';
import { timeWords } from '../../languages/value-words.ts';
import { agoWords } from '../../ui/relative-time.ts';
import { useNow } from '../../ui/use-now.ts';
import type { Role } from '../workspaces/model.ts';
import { failureWords } from '../workspaces/role-actions.ts';
import { ApprovalCard } from './approval-card.tsx';
import { toPending, verdictWords } from './model.ts';
import { useRoleApprovals } from './use-approvals.ts';
import { useDecide } from './use-decide.ts';

export function RoleApprovals({ role }: { role: Role }) {
  const { data, error } = useRoleApprovals(role.id);
  const { decide, isBusy } = useDecide();
  const now = useNow(1_000);
  const pending = (data ?? []).filter(({ status }) => status === 'pending');
  const decided = (data ?? []).filter(({ status }) => status !== 'pending');
  return (
    <section aria-label={say('approvals.approvals')} className="border-b border-line py-4">
      <h3 className="m-0 px-5 text-body font-semibold">{say('approvals.approvals')}</h3>
      {error && !data ? <p className="mt-1 mb-0 px-5 text-ink-soft">{failureWords(error)}</p> : null}
      {data?.length === 0 ? (
        <p className="mt-1 mb-0 px-5 text-ink-soft">{say('approvals.thisRoleHasAsked')}</p>
      ) : null}
      <ul className="m-0 list-none p-0">
        {pending.map((row) => (
          <ApprovalCard
            key={row.id}
            row={toPending({ ...row, workspace_id: role.id, workspace_name: role.name })}
            now={now}
            isBusy={isBusy}
            onDecide={(one, verdict) => void decide([one], verdict)}
          />
        ))}
      </ul>
      <ul className="m-0 list-none px-5">
        {decided.map((row) => (
          <li key={row.id} className="mt-1.5 flex items-baseline justify-between gap-3">
            <span className="min-w-0 truncate" title={row.action}>
              {row.action}
            </span>
            <span
              className={`shrink-0 text-note ${row.status === 'approved' ? 'text-well' : 'text-fail'}`}
              title={row.decided_at ? timeWords(row.decided_at, 'full') : ''}
            >
              {verdictWords(row)} · {agoWords(Date.parse(row.decided_at ?? row.created_at), now)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
