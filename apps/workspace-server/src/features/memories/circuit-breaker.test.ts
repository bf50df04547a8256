// The circuit breaker's invariants (B1, B2), with a clock that tests move.
import { fakeClock } from '@molecule/testkit';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker, CircuitOpen } from './circuit-breaker.ts';

function setUp() {
  const clock = fakeClock();
  let closed = 0;
  const breaker = new CircuitBreaker({
    clock,
    failuresToOpen: 3,
    cooldownMs: () => 60_000,
    isFailure: (error) => (error as Error).message === 'down',
    onClose: () => closed++,
  });
  const fail = (message = 'down') =>
    breaker.run(async () => Promise.reject(new Error(message))).catch((e) => e);
  const work = () => breaker.run(async () => 'fine');
  return { clock, breaker, fail, work, closed: () => closed };
}

describe('a circuit breaker', () => {
  it('opens after three failures in a row, and then fails at once (B1)', async () => {
    const { fail, work, breaker } = setUp();
    await fail();
    await fail();
    expect(await work()).toBe('fine');
    for (let i = 0; i < 3; i++) await fail();
    expect(breaker.isOpen).toBe(true);
    const refused = await work().catch((error) => error);
    expect(refused).toBeInstanceOf(CircuitOpen);
    expect(refused.retryAfterMs).toBe(60_000);
  });

  it('does not count what is wrong with a call itself', async () => {
    const { fail, breaker } = setUp();
    await fail();
    await fail();
    await fail('bad request');
    await fail();
    await fail();
    expect(breaker.isOpen).toBe(false);
  });

  it('lets exactly one call through after the cooldown (B2)', async () => {
    const { clock, fail, work, breaker, closed } = setUp();
    for (let i = 0; i < 3; i++) await fail();
    await clock.advance(59_999);
    await expect(work()).rejects.toBeInstanceOf(CircuitOpen);
    await clock.advance(1);
    let answer = (_: string) => {};
    const probe = breaker.run(() => new Promise<string>((resolve) => (answer = resolve)));
    await expect(work()).rejects.toBeInstanceOf(CircuitOpen);
    answer('back');
    expect(await probe).toBe('back');
    expect([await work(), closed()]).toEqual(['fine', 1]);
  });

  it('stays open for another cooldown when that call fails (B2)', async () => {
    const { clock, fail, work } = setUp();
    for (let i = 0; i < 3; i++) await fail();
    await clock.advance(60_000);
    await fail();
    await clock.advance(59_999);
    await expect(work()).rejects.toBeInstanceOf(CircuitOpen);
    await clock.advance(1);
    expect(await work()).toBe('fine');
  });
});
