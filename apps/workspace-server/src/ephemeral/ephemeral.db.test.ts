// Proves both kinds of ephemeral state against one suite, and that a Redis that is away fails nothing.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { createLog, systemClock } from '@molecule/kit';
import { fakeClock } from '@molecule/testkit';
import { describe, expect, it } from 'vitest';
import { holdsTheEphemeralContract } from './ephemeral.contract.ts';
import { InProcessEphemeral } from './in-process-ephemeral.ts';
import { RedisEphemeral } from './redis-ephemeral.ts';

const REDIS = process.env.MOLECULE_TEST_REDIS_SERVER ?? '/usr/bin/redis-server';
const log = createLog({ level: 'silent' });

async function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function startRedis(port: number): Promise<ChildProcess> {
  const child = spawn(
    REDIS,
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.stdout?.on('data', (chunk: Buffer) => {
      if (/ready to accept connections/i.test(chunk.toString('utf8'))) resolve();
    });
  });
  return child;
}

holdsTheEphemeralContract(
  'in-process',
  async () => {
    const clock = fakeClock();
    const one = new InProcessEphemeral(clock);
    return {
      one,
      other: one,
      pass: async (ms) => {
        await clock.advance(ms);
      },
      stop: () => one.stop(),
    };
  },
  false,
);

describe.skipIf(!existsSync(REDIS))('with Redis', () => {
  holdsTheEphemeralContract(
    'Redis',
    async () => {
      const port = await freePort();
      const server = await startRedis(port);
      const open = () => new RedisEphemeral(`redis://127.0.0.1:${port}`, 'test:', log);
      const [one, other] = [open(), open()];
      for (let tries = 0; tries < 100 && !(one.isReachable() && other.isReachable()); tries++) {
        await systemClock.sleep(50);
      }
      return {
        one,
        other,
        pass: (ms) => systemClock.sleep(ms),
        stop: async () => {
          await Promise.all([one.stop(), other.stop()]);
          server.kill();
        },
      };
    },
    true,
  );

  it('answers null and returns in time while Redis is away, and works again when it is back', async () => {
    const port = await freePort();
    let server = await startRedis(port);
    const state = new RedisEphemeral(`redis://127.0.0.1:${port}`, 'test:', log);
    await expect.poll(() => state.isReachable(), { timeout: 5_000 }).toBe(true);
    await state.set('key', 'value', 60_000);
    server.kill('SIGKILL');
    await expect.poll(() => state.isReachable(), { timeout: 5_000 }).toBe(false);
    expect(await state.get('key')).toBeNull();
    await state.set('key', 'lost', 60_000);
    await state.delete('key');
    state.publish('events', { n: 1 });
    server = await startRedis(port);
    await expect.poll(() => state.isReachable(), { timeout: 10_000 }).toBe(true);
    await state.set('key', 'again', 60_000);
    expect(await state.get('key')).toBe('again');
    await state.stop();
    server.kill();
  });
});
