// Delegation chains: C1 and C2 over random walks.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chainDepth, type DelegationChain, extendChain } from './delegation-chain.ts';
import { isFault } from './faults.ts';
import { LIMITS } from './limits.ts';

describe('a chain of delegations', () => {
  it('never holds a workspace twice and never grows beyond its limit, whoever hands on to whom (C1, C2)', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { maxLength: 60 }), (targets) => {
        let chain: DelegationChain = { id: 'c', path: ['start'] };
        for (const target of targets) {
          const next = extendChain(chain, `w${target}`);
          const isRefused = chain.path.includes(`w${target}`) || chainDepth(chain) === LIMITS.delegationDepth;
          expect(isFault(next)).toBe(isRefused);
          if (!isFault(next)) chain = next;
        }
        expect(new Set(chain.path).size).toBe(chain.path.length);
        expect(chainDepth(chain)).toBeLessThanOrEqual(LIMITS.delegationDepth);
      }),
    );
  });

  it('says which of the two it was, in literal words', () => {
    const long = { id: 'c', path: Array.from({ length: LIMITS.delegationDepth + 1 }, (_, i) => `w${i}`) };
    expect(extendChain(long, 'new')).toMatchObject({
      code: 'DELEGATION_TOO_DEEP',
      message: 'delegation refused: the chain of delegations is 16 deep already',
      extra: { chain_id: 'c', depth_limit: 16 },
    });
    expect(extendChain(long, 'w3')).toMatchObject({
      code: 'DELEGATION_CYCLE',
      message: 'delegation refused: the target is in this chain of delegations already',
      extra: { chain_id: 'c' },
    });
  });
});
