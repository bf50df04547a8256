// Organisation token store: bearers that act for the whole organisation. Only digests are kept.
//
//   O1. A token is committed before its plaintext leaves the store, and a full house mints none, whoever asks at once.
//   O2. From the answer to a revocation on the token finds nothing, and what it had opened is told to be closed.

import type { CredentialStore } from '@molecule/http';

export interface OrgToken {
  id: string;
  prefix: string;
  /** Empty when it has none. */
  name: string;
  orgId: string | null;
  createdBy: string;
  /** Epoch milliseconds. */
  createdAt: number;
  lastUsedAt: number | null;
}

export interface OrgTokenStore extends Pick<CredentialStore, 'findBearer'> {
  /** Loads the digests of all live tokens into memory, where requests are checked. */
  load(): Promise<void>;
  /** The plaintext is returned once and kept nowhere. A full house is RATE_LIMITED (O1). */
  mint(input: Pick<OrgToken, 'name' | 'orgId' | 'createdBy'>): Promise<{ token: string; row: OrgToken }>;
  /** Live tokens, newest first. */
  list(): Promise<OrgToken[]>;
  /** False when there is no such live token. */
  revoke(id: string): Promise<boolean>;
  /** Returns how many it revoked. */
  revokeAll(): Promise<number>;
  /** Told the id of every token that stops being valid. */
  onRevoked(listener: (credentialId: string) => void): void;
}
