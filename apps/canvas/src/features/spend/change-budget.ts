// Change budget: sets what a role may spend in a month; a step that can be undone.

import { budget } from '@molecule/contracts';
import { say } from '../../languages/say.ts';
import type { CanvasTools } from '../../store/canvas-context.ts';
import { addStep } from '../reorganise/undo.ts';
import { attempt } from '../workspaces/role-actions.ts';
import { moneyWords } from './spend-words.ts';

export async function changeBudget(tools: CanvasTools, id: string, cents: number | null): Promise<boolean> {
  const role = tools.store.getState().roles[id];
  if (!role) return false;
  const before = role.budgetCents;
  const put = (limit: number | null) =>
    attempt(tools, say('spend.notChanged'), async () => {
      const view = await tools.call(budget.changeBudget, { params: { id }, body: { budget_limit: limit } });
      tools.store.setState(({ roles }) => ({
        roles: roles[id]
          ? {
              ...roles,
              [id]: { ...roles[id], budgetCents: view.budget_limit, spendCents: view.monthly_spend },
            }
          : roles,
      }));
    });
  if (!(await put(cents))) return false;
  addStep(tools, {
    label:
      cents === null
        ? say('spend.limitTaken', { name: role.name })
        : say('spend.limitSet', { name: role.name, limit: moneyWords(cents) }),
    undo: () => put(before),
    redo: () => put(cents),
  });
  return true;
}
