// Role spend: what one role spent this month of what it may, and the way to change that.

import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import type { Role } from '../workspaces/model.ts';
import { shareOf, spendState } from './model.ts';
import { moneyWords } from './spend-words.ts';

export function RoleSpend({ role }: { role: Role }) {
  const { store } = useTools();
  return (
    <>
      <span className="block">
        {role.budgetCents === null
          ? say('spend.ofNoLimit', { spent: moneyWords(role.spendCents) })
          : say('spend.spentOf', { spent: moneyWords(role.spendCents), limit: moneyWords(role.budgetCents) })}
      </span>
      {spendState(shareOf(role)) === 'over' ? (
        <span className="block text-note text-fail">{say('spend.over')}</span>
      ) : null}
      <Button className="mt-1.5" onClick={() => store.setState({ asking: { id: role.id, what: 'limit' } })}>
        {say('spend.changeLimit')}
      </Button>
    </>
  );
}
