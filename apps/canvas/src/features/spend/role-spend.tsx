// Role spend: what one role spent this month of what it may, and the way to change that.

import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { Button } from '../../ui/button.tsx';
import type { Role } from '../workspaces/model.ts';
import { BudgetDialog } from './budget-dialog.tsx';
import { shareOf, spendState } from './model.ts';
import { moneyWords } from './spend-words.ts';

export function RoleSpend({ role }: { role: Role }) {
  const [isAsked, setAsked] = useState(false);
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
      <Button className="mt-1.5" onClick={() => setAsked(true)}>
        {say('spend.changeLimit')}
      </Button>
      {isAsked ? <BudgetDialog role={role} onClose={() => setAsked(false)} /> : null}
    </>
  );
}
