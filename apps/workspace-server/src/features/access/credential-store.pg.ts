// Credential store on Postgres, with the digests of live credentials mirrored in memory.
//
//   T1. A token is committed before its plaintext leaves this file (persist before expose).
//   T2. The mirror is changed after each commit, in the same turn as the answer: a revocation holds from then on.
//   T3. Plaintext is neither stored nor logged; look-ups go by SHA-256 digest.

import { randomBytes, randomUUID } from 'node:crypto';
import { Fault, formatToken, LIMITS, type TokenKind, tokenPrefix } from '@molecule/domain';
import { type CredentialMatch, digestOf } from '@molecule/http';
import type { Clock } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type { AccessStore, SessionOrigin, SessionRow, TokenOrigin, TokenRow } from './credential-store.ts';

interface LiveToken {
  tokenId: string;
  workspaceId: string;
}

export class PgAccessStore implements AccessStore<Tx> {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #live = new Map<string, LiveToken>();
  readonly #digestsOfWorkspace = new Map<string, Set<string>>();
  readonly #sessions = new Map<string, { sessionId: string; expiresAt: number }>();
  readonly #listeners: ((credentialId: string) => void)[] = [];
  readonly #removedTokens = new Map<string, string>();

  constructor(db: Db, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async load(): Promise<void> {
    const tokens = await this.#db.query<{ id: string; workspace_id: string; digest: Buffer }>(
      'select id, workspace_id, digest from workspace_tokens where revoked_at is null',
    );
    for (const row of tokens) this.#remember(row.digest, { tokenId: row.id, workspaceId: row.workspace_id });
    const removed = await this.#db.query<{ workspace_id: string; digest: Buffer }>(
      `select workspace_id, digest from workspace_tokens where revoked_by = 'removal'`,
    );
    for (const row of removed) this.#removedTokens.set(key(row.digest), row.workspace_id);
    const sessions = await this.#db.query<{ id: string; digest: Buffer; expires_at: number }>(
      'select id, digest, expires_at from sessions where revoked_at is null and expires_at > $1',
      [this.#now()],
    );
    for (const row of sessions) {
      this.#sessions.set(key(row.digest), { sessionId: row.id, expiresAt: row.expires_at });
    }
  }

  async findBearer(digest: Buffer): Promise<CredentialMatch | null> {
    const token = this.#live.get(key(digest));
    if (token) return { kind: 'workspace', ...token, isWorkspaceRemoved: false };
    const removed = this.#removedTokens.get(key(digest));
    return removed
      ? { kind: 'workspace', tokenId: '', workspaceId: removed, isWorkspaceRemoved: true }
      : null;
  }

  async findSession(digest: Buffer): Promise<{ sessionId: string } | null> {
    const session = this.#sessions.get(key(digest));
    return session && session.expiresAt > this.#clock.now() ? { sessionId: session.sessionId } : null;
  }

  hasLiveToken(workspaceId: string): boolean {
    return (this.#digestsOfWorkspace.get(workspaceId)?.size ?? 0) > 0;
  }

  async wasTokenIssued(workspaceId: string): Promise<boolean> {
    const rows = await this.#db.query('select 1 from workspace_tokens where workspace_id = $1 limit 1', [
      workspaceId,
    ]);
    return rows.length > 0;
  }

  async mint(
    workspaceId: string,
    origin: TokenOrigin,
    options: { isCapped?: boolean } = {},
  ): Promise<string> {
    const minted = await this.#db.tx(async (tx) => {
      // The row lock makes counting and inserting one step.
      await tx.query('select 1 from workspaces where id = $1 for update', [workspaceId]);
      if (options.isCapped) await this.#refuseFullHouse(tx, workspaceId);
      return this.#insert(tx, workspaceId, origin);
    });
    this.#remember(minted.digest, { tokenId: minted.id, workspaceId });
    return minted.token;
  }

  async rotate(workspaceId: string, origin: TokenOrigin): Promise<string> {
    const minted = await this.#db.tx(async (tx) => {
      await this.#revokeIn(tx, [workspaceId], 'rotation');
      return this.#insert(tx, workspaceId, origin);
    });
    this.#forget(workspaceId);
    this.#remember(minted.digest, { tokenId: minted.id, workspaceId });
    return minted.token;
  }

  async list(workspaceId: string, limit: number, offset: number): Promise<TokenRow[]> {
    const rows = await this.#db.query<{
      id: string;
      prefix: string;
      created_at: number;
      last_used_at: number | null;
    }>(
      `select id, prefix, created_at, last_used_at from workspace_tokens
       where workspace_id = $1 and revoked_at is null order by created_at desc, id limit $2 offset $3`,
      [workspaceId, limit, offset],
    );
    return rows.map((row) => ({
      id: row.id,
      prefix: row.prefix,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
    }));
  }

  async revoke(workspaceId: string, tokenId: string): Promise<boolean> {
    const [row] = await this.#db.query<{ digest: Buffer }>(
      `update workspace_tokens set revoked_at = $3, revoked_by = 'request'
       where workspace_id = $1 and id = $2 and revoked_at is null returning digest`,
      [workspaceId, tokenId, this.#now()],
    );
    if (!row) return false;
    this.#drop(key(row.digest));
    this.#digestsOfWorkspace.get(workspaceId)?.delete(key(row.digest));
    return true;
  }

  revokeAllIn(tx: Tx, workspaceIds: readonly string[]): Promise<void> {
    return this.#revokeIn(tx, workspaceIds, 'removal');
  }

  revoked(workspaceIds: readonly string[]): void {
    for (const id of workspaceIds) {
      for (const digest of this.#digestsOfWorkspace.get(id) ?? []) this.#removedTokens.set(digest, id);
      this.#forget(id);
    }
  }

  retireAllIn(tx: Tx, workspaceIds: readonly string[]): Promise<void> {
    return this.#revokeIn(tx, workspaceIds, 'rotation');
  }

  retired(workspaceIds: readonly string[]): void {
    for (const id of workspaceIds) this.#forget(id);
  }

  onRevoked(listener: (credentialId: string) => void): void {
    this.#listeners.push(listener);
  }

  async createSignInCode(expiresAt: number, subject: string | null): Promise<string> {
    const code = newToken('signin');
    await this.#db.query('insert into sign_in_codes (digest, expires_at, subject) values ($1, $2, $3)', [
      digestOf(code),
      new Date(expiresAt),
      subject,
    ]);
    return code;
  }

  redeemSignInCode(
    code: string,
    sessionExpiresAt: number,
    device: string | null,
  ): Promise<{ sessionToken: string } | null> {
    return this.#db
      .tx(async (tx) => {
        const [used] = await tx.query<{ subject: string | null }>(
          `update sign_in_codes set used_at = $2 where digest = $1 and used_at is null and expires_at > $2
           returning subject`,
          [digestOf(code), this.#now()],
        );
        if (!used) return null;
        const openedBy = used.subject === null ? 'link' : 'platform';
        return this.#insertSession(tx, sessionExpiresAt, { openedBy, subject: used.subject, device });
      })
      .then((session) => session && this.#rememberSession(session, sessionExpiresAt));
  }

  async createSession(expiresAt: number, device: string | null): Promise<{ sessionToken: string }> {
    const session = await this.#db.tx((tx) =>
      this.#insertSession(tx, expiresAt, { openedBy: 'token', subject: null, device }),
    );
    return this.#rememberSession(session, expiresAt);
  }

  async listSessions(limit: number): Promise<SessionRow[]> {
    const rows = await this.#db.query<{
      id: string;
      opened_by: SessionOrigin['openedBy'];
      subject: string | null;
      device: string | null;
      created_at: number;
      expires_at: number;
    }>(
      `select id, opened_by, subject, device, created_at, expires_at from sessions
       where revoked_at is null and expires_at > $1 order by created_at desc, id limit $2`,
      [this.#now(), limit],
    );
    return rows.map((row) => ({
      id: row.id,
      openedBy: row.opened_by,
      subject: row.subject,
      device: row.device,
      createdAt: row.created_at,
      expiresAt: row.expires_at,
    }));
  }

  async endSession(sessionId: string): Promise<boolean> {
    return (await this.#endSessions('id = $2', [sessionId])) > 0;
  }

  endAllSessions(keptId: string | null = null): Promise<number> {
    return this.#endSessions('id is distinct from $2', [keptId]);
  }

  endSessionsOf(subject: string): Promise<number> {
    return this.#endSessions('(subject = $2 or subject is null)', [subject]);
  }

  async #endSessions(which: string, values: unknown[]): Promise<number> {
    const ended = await this.#db.query<{ id: string }>(
      `update sessions set revoked_at = $1 where revoked_at is null and expires_at > $1 and ${which} returning id`,
      [this.#now(), ...values],
    );
    const isEnded = new Set(ended.map(({ id }) => id));
    for (const [digest, session] of this.#sessions) {
      if (isEnded.has(session.sessionId)) this.#sessions.delete(digest);
    }
    for (const id of isEnded) this.#tell(id);
    return isEnded.size;
  }

  async #refuseFullHouse(tx: Tx, workspaceId: string): Promise<void> {
    const [row] = await tx.query<{ live: number }>(
      'select count(*)::int as live from workspace_tokens where workspace_id = $1 and revoked_at is null',
      [workspaceId],
    );
    if ((row?.live ?? 0) >= LIMITS.tokensPerWorkspace) {
      throw new Fault('RATE_LIMITED', `maximum ${LIMITS.tokensPerWorkspace} active tokens per workspace`);
    }
  }

  async #insert(tx: Tx, workspaceId: string, origin: TokenOrigin) {
    const token = newToken('workspace');
    const minted = { id: randomUUID(), token, digest: digestOf(token) };
    await tx.query(
      `insert into workspace_tokens (id, workspace_id, digest, prefix, origin, created_at)
       values ($1, $2, $3, $4, $5, $6)`,
      [minted.id, workspaceId, minted.digest, tokenPrefix(token), origin, this.#now()],
    );
    return minted;
  }

  async #revokeIn(tx: Tx, workspaceIds: readonly string[], by: string): Promise<void> {
    await tx.query(
      `update workspace_tokens set revoked_at = $2, revoked_by = $3
       where workspace_id = any($1) and revoked_at is null`,
      [workspaceIds, this.#now(), by],
    );
  }

  async #insertSession(tx: Tx, expiresAt: number, { openedBy, subject, device }: SessionOrigin) {
    const token = newToken('session');
    const session = { id: randomUUID(), token, digest: digestOf(token) };
    await tx.query(
      `insert into sessions (id, digest, created_at, expires_at, opened_by, subject, device)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [session.id, session.digest, this.#now(), new Date(expiresAt), openedBy, subject, device],
    );
    return session;
  }

  #rememberSession(session: { id: string; token: string; digest: Buffer }, expiresAt: number) {
    this.#sessions.set(key(session.digest), { sessionId: session.id, expiresAt });
    return { sessionToken: session.token };
  }

  #remember(digest: Buffer, token: LiveToken): void {
    this.#live.set(key(digest), token);
    const digests = this.#digestsOfWorkspace.get(token.workspaceId) ?? new Set();
    digests.add(key(digest));
    this.#digestsOfWorkspace.set(token.workspaceId, digests);
  }

  #forget(workspaceId: string): void {
    const digests = this.#digestsOfWorkspace.get(workspaceId) ?? [];
    this.#digestsOfWorkspace.delete(workspaceId);
    for (const digest of digests) this.#drop(digest);
  }

  #drop(digest: string): void {
    const token = this.#live.get(digest);
    this.#live.delete(digest);
    if (token) this.#tell(token.tokenId);
  }

  #tell(credentialId: string): void {
    for (const listener of this.#listeners) listener(credentialId);
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

function key(digest: Buffer): string {
  return digest.toString('base64');
}

function newToken(kind: TokenKind): string {
  return formatToken(randomBytes(32).toString('base64url'), kind);
}
