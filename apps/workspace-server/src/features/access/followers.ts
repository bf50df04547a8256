// Followers: who holds a socket or a stream open, by the credential that opened it.
//
//   F1. A credential that stops being valid closes everything it opened, in the same turn as its revocation.
//   F2. So it does for a connection that was being opened meanwhile: a revoked credential never comes back.

import type { Caller } from '@molecule/http';
import type { AccessStore } from './credential-store.ts';

const MAX_REMEMBERED = 10_000;

interface Follower {
  credentialId: string;
  close: () => void;
}

export class Followers {
  readonly #open = new Set<Follower>();
  readonly #revoked = new Set<string>();

  constructor(access: Pick<AccessStore, 'onRevoked'>) {
    access.onRevoked((credentialId) => {
      this.#remember(credentialId);
      for (const follower of this.#open) if (follower.credentialId === credentialId) follower.close();
    });
  }

  /** Returns what to call once the connection has ended by itself. */
  add(caller: Caller, close: () => void): () => void {
    const credentialId = credentialOf(caller);
    if (credentialId === null) return () => {};
    if (this.#revoked.has(credentialId)) close();
    const follower = { credentialId, close };
    this.#open.add(follower);
    return () => this.#open.delete(follower);
  }

  #remember(credentialId: string): void {
    this.#revoked.add(credentialId);
    if (this.#revoked.size <= MAX_REMEMBERED) return;
    const [oldest] = this.#revoked;
    if (oldest !== undefined) this.#revoked.delete(oldest);
  }
}

/** Null for callers whose right cannot be revoked while the server runs. */
function credentialOf(caller: Caller): string | null {
  switch (caller.kind) {
    case 'workspace':
    case 'org_token':
      return caller.tokenId;
    case 'session':
      return caller.sessionId;
    case 'admin':
    case 'removed_workspace':
    case 'anonymous':
    case 'invalid':
      return null;
  }
}
