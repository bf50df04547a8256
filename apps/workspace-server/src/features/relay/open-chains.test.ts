// Open chains: O1 to O3.
import { randomUUID } from 'node:crypto';
import { LIMITS, TIMEOUTS_MS } from '@molecule/domain';
import { fakeClock } from '@molecule/testkit';
import { describe, expect, it } from 'vitest';
import { OpenChains } from './open-chains.ts';

const [a, b, c, d] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
const id = randomUUID();
const silent = { claimedId: null };

describe('open chains', () => {
  it('begins a chain at a person, at a system caller and at a workspace that works on nothing', () => {
    const chains = new OpenChains(fakeClock());
    expect(chains.judge({ sender: null, targetId: a, ...silent })).toMatchObject({ path: [a] });
    expect(chains.judge({ sender: 'webhook:github', targetId: a, ...silent })).toMatchObject({ path: [a] });
    expect(chains.judge({ sender: a, targetId: b, ...silent })).toMatchObject({ path: [a, b] });
  });

  it('goes on with what the sender works on, and only for as long (O1, O3)', () => {
    const chains = new OpenChains(fakeClock());
    const leave = chains.enter(b, { id, path: [a, b] });
    expect(chains.judge({ sender: b, targetId: c, ...silent })).toEqual({ id, path: [a, b, c] });
    expect(chains.judge({ sender: b, targetId: a, ...silent })).toMatchObject({ code: 'DELEGATION_CYCLE' });
    // A person who acts for the workspace begins anew, and so does a message to oneself.
    expect(chains.judge({ sender: b, targetId: a, ...silent, isOwnWord: false })).toMatchObject({
      path: [b, a],
    });
    expect(chains.judge({ sender: b, targetId: b, ...silent })).toMatchObject({ path: [b] });
    leave();
    expect(chains.judge({ sender: b, targetId: a, ...silent })).toMatchObject({ path: [b, a] });
  });

  it('takes the newest of several that admits the hop, and refuses when none does (O3)', () => {
    const chains = new OpenChains(fakeClock());
    const other = randomUUID();
    chains.enter(b, { id, path: [a, b] });
    chains.enter(b, { id: other, path: [c, b] });
    expect(chains.judge({ sender: b, targetId: d, ...silent })).toMatchObject({ id: other });
    expect(chains.judge({ sender: b, targetId: c, ...silent })).toMatchObject({ id, path: [a, b, c] });
    chains.enter(b, { id: randomUUID(), path: [a, c, b] });
    chains.enter(b, { id: randomUUID(), path: [c, a, b] });
    expect(chains.judge({ sender: b, targetId: a, ...silent })).toMatchObject({ path: [c, b, a] });
  });

  it('believes a word about chains that were handed over, for half an hour, and no other (O2)', async () => {
    const clock = fakeClock();
    const chains = new OpenChains(clock);
    chains.handOver(b, { id, path: [a, b] });
    expect(chains.judge({ sender: b, targetId: a, claimedId: id })).toMatchObject({
      code: 'DELEGATION_CYCLE',
    });
    expect(chains.judge({ sender: b, targetId: a, ...silent })).toMatchObject({ path: [b, a] });
    expect(chains.judge({ sender: c, targetId: a, claimedId: id })).toMatchObject({ path: [c, a] });
    await clock.advance(TIMEOUTS_MS.delegation);
    expect(chains.judge({ sender: b, targetId: a, claimedId: id })).toMatchObject({ path: [b, a] });
  });

  it('refuses one hop more than may be', () => {
    const chains = new OpenChains(fakeClock());
    const path = Array.from({ length: LIMITS.delegationDepth }, () => randomUUID());
    chains.enter(b, { id, path: [...path, b] });
    expect(chains.judge({ sender: b, targetId: c, ...silent })).toMatchObject({
      code: 'DELEGATION_TOO_DEEP',
    });
  });
});
