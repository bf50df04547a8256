// Agent gate: may this caller speak for this workspace? Used where the workspace is named in a body or a header
// (register, heartbeat, card, discover, peers, relay).

import { faults, isSystemCallerId } from '@molecule/domain';
import { type Caller, isAdminClass } from '@molecule/http';

export interface GateTexts {
  missing: string;
  invalid: string;
}

export const WORKSPACE_TEXTS: GateTexts = {
  missing: 'missing workspace auth token',
  invalid: 'invalid workspace auth token',
};

export const CALLER_TEXTS: GateTexts = {
  missing: 'missing caller auth token',
  invalid: 'invalid caller auth token',
};

export interface TokenCensus {
  /** Has this workspace a token that is not revoked? */
  hasLiveToken(workspaceId: string): boolean;
}

/**
 * Passes the workspace's own token and, where `admits` says so, admin-class callers. A workspace without a live token
 * is passed without one only while the server is open.
 */
export function requireOwnToken(
  caller: Caller,
  workspaceId: string,
  census: TokenCensus,
  options: { texts?: GateTexts; admits: 'own' | 'own_or_admin' },
): void {
  const texts = options.texts ?? WORKSPACE_TEXTS;
  if (caller.kind === 'workspace' && caller.workspaceId === workspaceId) return;
  if (options.admits === 'own_or_admin' && isAdminClass(caller)) return;
  if ((caller.kind === 'anonymous' || caller.kind === 'invalid') && caller.isOpen) {
    if (!census.hasLiveToken(workspaceId)) return;
  }
  if (caller.kind === 'anonymous') throw faults.authRequired(texts.missing);
  throw faults.invalidCredential(texts.invalid);
}

/** System callers exist only inside the server: from the network such an id is refused, whatever else is presented. */
export function refuseSystemCaller(named: string): void {
  if (isSystemCallerId(named)) throw faults.forbidden('invalid caller ID');
}
