// Change budget: sets or lifts what a workspace may spend in a month. Whole USD cents; a fraction is refused, not cut.

import type { budget } from '@molecule/contracts';
import { faults, type WorkspaceState } from '@molecule/domain';
import { type EditDeps, editWorkspaces } from './edit-workspace.ts';
import { requireWorkspace } from './require-workspace.ts';

export async function changeBudget(
  deps: EditDeps,
  actor: string,
  workspaceId: string,
  input: Record<string, unknown>,
): Promise<WorkspaceState> {
  const { id } = requireWorkspace(deps.directory, workspaceId);
  const budgetLimitCents = parseBudgetLimit(input);
  const [committed] = await editWorkspaces(deps, [id], actor, (rows) => {
    const before = rows.get(id);
    if (!before || before.status === 'removed') throw faults.workspaceNotFound();
    return {
      edits: [{ workspaceId: id, change: { kind: 'patched', patch: { budgetLimitCents } }, events: [] }],
    };
  });
  if (!committed?.state) throw faults.workspaceNotFound();
  return committed.state;
}

/** Cents, or null for no limit. Throws INVALID_REQUEST with the contract's text. */
export function parseBudgetLimit(input: Record<string, unknown>): number | null {
  if (!Object.hasOwn(input, 'budget_limit')) throw faults.invalidRequest('budget_limit field is required');
  const limit = input.budget_limit;
  if (limit === null) return null;
  if (typeof limit !== 'number' || !Number.isSafeInteger(limit)) {
    throw faults.invalidRequest('budget_limit must be an integer (USD cents) or null');
  }
  if (limit < 0) throw faults.invalidRequest('budget_limit must be >= 0 (USD cents)');
  return limit;
}

export function toBudgetView(limitCents: number | null, spendCents: number): budget.BudgetView {
  return {
    budget_limit: limitCents,
    monthly_spend: spendCents,
    budget_remaining: limitCents === null ? null : limitCents - spendCents,
    budget_used: spendCents,
  };
}
