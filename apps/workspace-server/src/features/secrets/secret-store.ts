// Secret store: sealed values by workspace, or for the whole organisation, and their names.
//
//   S1. A secret and the configuration that it makes are committed together (see the config feature, G1).
//   S2. Values come in and go out sealed; nothing in here can open one.
//   S3. A scope holds at most LIMITS.secretsPerScope secrets.
//   S4. With every secret that is saved or deleted its name and who did it are committed as an AUDIT event; no value is.

import type { ConfigHead } from '../config/index.ts';

export type SecretScope = 'workspace' | 'global';

/** Where a secret belongs; without a workspace it is the organisation's. */
export interface SecretPlace {
  workspaceId: string | null;
  name: string;
}

export interface SealedSecret extends SecretPlace {
  id: string;
  sealed: Buffer;
  /** 0 as it is, 1 sealed without its place, 2 sealed in its place. */
  version: number;
  keyId: string | null;
}

export interface NewSecret extends SecretPlace {
  sealed: Buffer;
  keyId: string;
}

export interface SecretName {
  name: string;
  scope: SecretScope;
  /** Epoch milliseconds, as the next. */
  createdAt: number;
  updatedAt: number;
}

export interface SecretStore<Tx = unknown> {
  /** The names of one scope, sorted. */
  names(workspaceId: string | null): Promise<SecretName[]>;
  find(place: SecretPlace): Promise<SealedSecret | null>;
  /** Global ones first, then those of the workspace, each sorted by name. */
  listFor(workspaceId: string): Promise<SealedSecret[]>;
  /** Creates or replaces. A full scope is CONFLICT, a workspace that is gone WORKSPACE_NOT_FOUND. */
  save(secret: NewSecret, actor: string): Promise<ConfigHead[]>;
  /** Null when there is none of that name. */
  remove(place: SecretPlace, actor: string): Promise<ConfigHead[] | null>;
  /** With the row of a new workspace. */
  keepIn(tx: Tx, secrets: readonly NewSecret[], actor: string): Promise<void>;
  removeAllIn(tx: Tx, workspaceIds: readonly string[]): Promise<void>;
  /** Live workspaces that have no secret of their own under this name. */
  reachedByGlobal(name: string): Promise<string[]>;

  /** The organisation that seals are bound to: kept with them, the first time as `orgId`. */
  sealedFor(orgId: string): Promise<string>;
  /** Secrets not sealed under `keyId` in their place, after the id `after`. */
  listOutdated(keyId: string, after: string | null, limit: number): Promise<SealedSecret[]>;
  /** Replaces the seal; false when the secret changed meanwhile. The value, its name and its dates stay. */
  reseal(secret: SealedSecret, sealed: Buffer, keyId: string): Promise<boolean>;
}
