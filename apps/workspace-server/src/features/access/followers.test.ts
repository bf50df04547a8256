// Tests of followers: who is closed when a credential is revoked.

import { type CredentialMatch, createIdentifier } from '@molecule/http';
import { describe, expect, it } from 'vitest';
import { Followers } from './followers.ts';

/** Callers are made by identifying, here too: the bearer `<id>` stands for the token of that id. */
function callerWith(headers: { authorization?: string; cookie?: string }) {
  const match: CredentialMatch = {
    kind: 'workspace',
    workspaceId: 'w',
    tokenId: headers.authorization?.slice('Bearer '.length) ?? '',
    isWorkspaceRemoved: false,
  };
  const store = { findBearer: async () => match, findSession: async () => ({ sessionId: 's' }) };
  const identify = createIdentifier({
    store,
    adminTokenDigest: null,
    isOpen: false,
    sessionCookieNames: ['session'],
  });
  return identify({ headers });
}

function setUp() {
  let revoke: (credentialId: string) => void = () => {};
  const followers = new Followers({
    onRevoked: (listener) => {
      revoke = listener;
    },
  });
  const closed: string[] = [];
  const hold = async (headers: { authorization?: string; cookie?: string }, name: string) =>
    followers.add(await callerWith(headers), () => closed.push(name));
  const holdToken = (id: string, name = id) => hold({ authorization: `Bearer ${id}` }, name);
  return { closed, hold, holdToken, revoke: (id: string) => revoke(id) };
}

describe('followers', () => {
  it('closes everything that a revoked token opened, and nothing of another token of its workspace (F1)', async () => {
    const { closed, holdToken, revoke } = setUp();
    await holdToken('one', 'socket');
    await holdToken('one', 'stream');
    await holdToken('two');
    revoke('one');
    expect(closed).toEqual(['socket', 'stream']);
  });

  it('closes what is opened while its credential is being revoked (F2)', async () => {
    const { closed, holdToken, revoke } = setUp();
    revoke('one');
    await holdToken('one');
    expect(closed).toEqual(['one']);
  });

  it('closes what a session opened when it ends', async () => {
    const { closed, hold, revoke } = setUp();
    await hold({ cookie: 'session=x' }, 'browser');
    revoke('s');
    expect(closed).toEqual(['browser']);
  });

  it('forgets connections that ended by themselves', async () => {
    const { closed, holdToken, revoke } = setUp();
    const forget = await holdToken('one');
    forget();
    revoke('one');
    expect(closed).toEqual([]);
  });
});
