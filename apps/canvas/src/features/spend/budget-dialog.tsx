// Budget dialog: what a role may spend in a month, in dollars; empty for no limit.

import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import type { Role } from '../workspaces/model.ts';
import { changeBudget } from './change-budget.ts';
import { readDollars } from './model.ts';

export function BudgetDialog({ role, onClose }: { role: Role; onClose: () => void }) {
  const tools = useTools();
  const [text, setText] = useState(role.budgetCents === null ? '' : (role.budgetCents / 100).toFixed(2));
  const [isBusy, setBusy] = useState(false);
  const cents = readDollars(text);
  const save = async () => {
    if (cents === undefined || isBusy) return;
    setBusy(true);
    const isSaved = await changeBudget(tools, role.id, cents);
    setBusy(false);
    if (isSaved) onClose();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={say('spend.limitOf', { name: role.name })}
      description={say('spend.whatALimitDoes')}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextField
          className="mt-4"
          label={say('spend.dollarsAMonth')}
          hint={say('spend.emptyForNone')}
          trouble={cents === undefined ? say('spend.noAmount') : null}
          inputMode="decimal"
          value={text}
          onChange={setText}
        />
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>{say('workspaces.cancel')}</Button>
          <Button look="primary" type="submit" disabled={cents === undefined} isBusy={isBusy}>
            {say('spend.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
