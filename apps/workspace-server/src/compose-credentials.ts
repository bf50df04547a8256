// Compose credentials: joins the stores of workspace tokens, sessions and organisation tokens into what callers are
// identified by, and notes when a token was last used.

import type { CredentialStore } from '@molecule/http';
import type { Clock } from '@molecule/kit';
import type { Db } from '@molecule/postgres';
import { PgAccessStore } from './features/access/credential-store.pg.ts';
import { Followers, TokenUse } from './features/access/index.ts';
import { PgOrgTokenStore } from './features/access/org-token-store.pg.ts';
import { PgTokenUseStore } from './features/access/token-use.pg.ts';
import type { PlatformMembers } from './features/upstreams/index.ts';

export function composeCredentials(db: Db, clock: Clock, members: PlatformMembers | null) {
  const access = new PgAccessStore(db, clock);
  const orgTokens = new PgOrgTokenStore(db, clock);
  const tokenUse = new TokenUse(new PgTokenUseStore(db), clock);
  const credentials: CredentialStore = {
    async findBearer(digest) {
      const match = (await access.findBearer(digest)) ?? (await orgTokens.findBearer(digest));
      const isLive = match && !(match.kind === 'workspace' && match.isWorkspaceRemoved);
      if (isLive) tokenUse.note(match.tokenId);
      return match;
    },
    findSession: (digest) => access.findSession(digest),
  };
  const followers = new Followers({
    onRevoked(listener) {
      access.onRevoked(listener);
      orgTokens.onRevoked(listener);
      members?.onForgotten(listener);
    },
  });
  return {
    access,
    /** What the platform tells of people who left. */
    endSessionsOf(subject: string): Promise<number> {
      members?.forget(subject);
      return access.endSessionsOf(subject);
    },
    endAllSessions(): Promise<number> {
      members?.forget(null);
      return access.endAllSessions();
    },
    findMember: members === null ? null : (cookies: string) => members.find(cookies),
    orgTokens,
    tokenUse,
    credentials,
    load: () => Promise.all([access.load(), orgTokens.load()]),
    followers,
  };
}
