// Tests of the route table: the ladder of ages, an outage, generations and what the disk keeps.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@molecule/kit';
import { fakeClock } from '@molecule/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Route, RouteTable } from './route-table.ts';

const log = createLog({ level: 'silent' });
const running = (generation: number, upstream = `http://127.0.0.1:${4_000 + generation}`): Route => ({
  slug: 'acme',
  status: 'running',
  upstream,
  orgId: 'org-a',
  generation,
  slot: 'a',
});

let dir: string;
let clock: ReturnType<typeof fakeClock>;
let answer: () => Promise<Route | null>;
let looks: number;
let table: RouteTable;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'molecule-routes-'));
  clock = fakeClock();
  looks = 0;
  answer = async () => running(1);
  table = open();
});
afterEach(() => rm(dir, { recursive: true, force: true }));

function open(): RouteTable {
  return new RouteTable({
    clock,
    log,
    file: join(dir, 'routes.json'),
    lookUp: () => {
      looks++;
      return answer();
    },
  });
}

describe('a known tenant', () => {
  it('is not looked up again for a minute, then behind the answer, and after five minutes before it (E1, E2)', async () => {
    await table.find('acme');
    await clock.advance(59_000);
    await table.find('acme');
    expect(looks).toBe(1);
    await clock.advance(2_000);
    answer = async () => running(2);
    expect((await table.find('acme'))?.route?.generation).toBe(1);
    expect(looks).toBe(2);
    await clock.advance(1);
    expect((await table.find('acme'))?.route?.generation).toBe(2);
    await clock.advance(301_000);
    answer = async () => running(3);
    expect((await table.find('acme'))?.route?.generation).toBe(3);
  });

  it('is served at any age while the control plane is away, and says how old that is (E2)', async () => {
    await table.find('acme');
    answer = () => Promise.reject(new Error('away'));
    await clock.advance(3_600_000);
    const found = await table.find('acme');
    expect(found?.route?.upstream).toBe('http://127.0.0.1:4001');
    expect(found?.ageMs).toBe(3_600_000);
  });

  it('never goes back to an older generation of the same tenant, and follows a new one of the name (E3)', async () => {
    answer = async () => running(5);
    await table.find('acme');
    answer = async () => running(4);
    expect((await table.refresh('acme'))?.route?.generation).toBe(5);
    answer = async () => ({ ...running(1), orgId: 'org-b' });
    expect((await table.refresh('acme'))?.route).toMatchObject({ orgId: 'org-b', generation: 1 });
  });

  it('is looked up once for all who ask at the same time (E4)', async () => {
    await Promise.all(Array.from({ length: 50 }, () => table.find('acme')));
    expect(looks).toBe(1);
  });

  it('is known after a restart of the edge, without the control plane (E5)', async () => {
    await table.find('acme');
    await table.save();
    answer = () => Promise.reject(new Error('away'));
    const next = open();
    await next.load();
    await clock.advance(600_000);
    expect((await next.find('acme'))?.route?.upstream).toBe('http://127.0.0.1:4001');
  });

  it('is looked up where the file of the edge is broken (E5)', async () => {
    await writeFile(join(dir, 'routes.json'), '[["acme",');
    await table.load();
    expect((await table.find('acme'))?.route?.generation).toBe(1);
  });
});

describe('an unknown name', () => {
  it('is remembered for 30 s, in memory only (E1)', async () => {
    answer = async () => null;
    expect((await table.find('nobody'))?.route).toBeNull();
    await clock.advance(29_000);
    await table.find('nobody');
    expect(looks).toBe(1);
    await clock.advance(2_000);
    await table.find('nobody');
    expect(looks).toBe(2);
    await table.save();
    const next = open();
    await next.load();
    await next.find('nobody');
    expect(looks).toBe(3);
  });

  it('cannot be told from a known one while nothing is known and nobody answers', async () => {
    answer = () => Promise.reject(new Error('away'));
    expect(await table.find('acme')).toBeNull();
  });
});

describe('a tenant that is being made', () => {
  it('is looked up each time: it may be open in the next moment', async () => {
    answer = async () => ({ ...running(0), status: 'provisioning', upstream: null });
    await table.find('acme');
    answer = async () => running(1);
    expect((await table.find('acme'))?.route?.status).toBe('running');
  });
});
