// Judge call: who sends this message, and may it reach its target? The checks stand in the contract's order.

import type { IncomingHttpHeaders } from 'node:http';
import { canCommunicate, faults, isSystemCallerId, isUuid, type WorkspaceState } from '@molecule/domain';
import { type Caller, isAdminClass } from '@molecule/http';
import { CALLER_TEXTS, refuseSystemCaller, requireOwnToken, type TokenCensus } from '../access/index.ts';
import type { VitalSigns, WorkspaceDirectory } from '../workspaces/index.ts';
import type { SenderId } from './relay-call.ts';

export interface JudgeDeps {
  directory: WorkspaceDirectory;
  vitals: VitalSigns;
  access: TokenCensus;
}

/** Checks 2 and 3: identity. */
export function identifySender(deps: JudgeDeps, caller: Caller, headers: IncomingHttpHeaders): SenderId {
  const named = headerText(headers['x-workspace-id']) ?? headerText(headers['x-source-workspace-id']);
  if (named === null) return identifyUnnamed(caller);
  refuseSystemCaller(named);
  if (!isUuid(named)) throw faults.forbidden('invalid caller ID');
  requireOwnToken(caller, named.toLowerCase(), deps.access, { texts: CALLER_TEXTS, admits: 'own' });
  return named.toLowerCase();
}

function identifyUnnamed(caller: Caller): SenderId {
  if (caller.kind === 'workspace') return caller.workspaceId;
  if (isAdminClass(caller)) return null;
  if (caller.kind === 'anonymous' && caller.isOpen) return null;
  if (caller.kind === 'anonymous') throw faults.authRequired(CALLER_TEXTS.missing);
  throw faults.invalidCredential(CALLER_TEXTS.invalid);
}

/** Checks 4 to 6: hierarchy, budget, existence. Returns the target as it is now. */
export function judgeTarget(deps: JudgeDeps, sender: SenderId, targetId: string): WorkspaceState {
  if (!isUuid(targetId)) throw faults.invalidWorkspaceId();
  const target = deps.directory.get(targetId);
  if (sender !== null && !isSystemCallerId(sender) && !canCommunicate(deps.directory, sender, targetId)) {
    throw faults.forbidden('access denied: workspaces cannot communicate per hierarchy rules');
  }
  if (!target) throw faults.workspaceNotFound();
  if (target.status === 'removed') {
    throw faults.workspaceRemoved(
      target.id,
      target.removedAt === null ? null : new Date(target.removedAt).toISOString(),
    );
  }
  const spentCents = deps.vitals.of(targetId).monthlySpendCents;
  if (target.budgetLimitCents !== null && spentCents >= target.budgetLimitCents)
    throw faults.budgetExceeded();
  return target;
}

function headerText(value: string | string[] | undefined): string | null {
  const text = (Array.isArray(value) ? value[0] : value)?.trim();
  return text ? text : null;
}
