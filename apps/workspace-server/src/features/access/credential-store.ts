// Credential store: workspace tokens, sessions and one-time sign-in codes. Only digests are kept.

import type { CredentialStore } from '@molecule/http';

export interface TokenRow {
  id: string;
  prefix: string;
  createdAt: number;
  lastUsedAt: number | null;
}

export interface SessionOrigin {
  openedBy: 'link' | 'token' | 'platform';
  /** Whom the platform opened it for. */
  subject: string | null;
  /** What the browser calls itself. */
  device: string | null;
}

export interface SessionRow extends SessionOrigin {
  id: string;
  createdAt: number;
  expiresAt: number;
}

export type TokenOrigin = 'provision' | 'register' | 'api' | 'test' | 'external';

export interface AccessStore<Tx = unknown> extends CredentialStore {
  /** Loads the digests of all live credentials into memory, where requests are checked. */
  load(): Promise<void>;
  hasLiveToken(workspaceId: string): boolean;
  /** Was a token ever issued for this workspace, live or not? */
  wasTokenIssued(workspaceId: string): Promise<boolean>;
  /** Mints one more token; the plaintext is returned once and kept nowhere. A full house is a fault. */
  mint(workspaceId: string, origin: TokenOrigin, options?: { isCapped?: boolean }): Promise<string>;
  /** Revokes all live tokens of the workspace and mints one, in one transaction. */
  rotate(workspaceId: string, origin: TokenOrigin): Promise<string>;
  list(workspaceId: string, limit: number, offset: number): Promise<TokenRow[]>;
  /** False when there is no such live token. */
  revoke(workspaceId: string, tokenId: string): Promise<boolean>;
  /** In the transaction of a removal; call `revoked` after its commit. */
  revokeAllIn(tx: Tx, workspaceIds: readonly string[]): Promise<void>;
  revoked(workspaceIds: readonly string[]): void;
  /** In the transaction of a restart: the agent that runs now can no longer speak. Call `retired` after its commit. */
  retireAllIn(tx: Tx, workspaceIds: readonly string[]): Promise<void>;
  retired(workspaceIds: readonly string[]): void;
  /** Told the id of every token and session that stops being valid, so that what it opened can be closed. */
  onRevoked(listener: (credentialId: string) => void): void;

  /** `subject`: whom the platform asks it for; null for a link that somebody here made. */
  createSignInCode(expiresAt: number, subject: string | null): Promise<string>;
  /** Null when the code is unknown, used or expired. */
  redeemSignInCode(
    code: string,
    sessionExpiresAt: number,
    device: string | null,
  ): Promise<{ sessionToken: string } | null>;
  createSession(expiresAt: number, device: string | null): Promise<{ sessionToken: string }>;
  /** Live ones, newest first. */
  listSessions(limit: number): Promise<SessionRow[]>;
  /** What it holds open is closed. False when there is no such live session. */
  endSession(sessionId: string): Promise<boolean>;
  /** Every session but `keptId`, and what they hold open; answers how many. */
  endAllSessions(keptId?: string | null): Promise<number>;
  /** Those opened for this person, and those of which nobody knows whose they are; answers how many. */
  endSessionsOf(subject: string): Promise<number>;
}
