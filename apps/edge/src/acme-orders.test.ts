// Tests of which names are ordered, how often, and what is served when the authority is away.

import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '@molecule/kit';
import { type FakeClock, fakeClock, type TestAuthority, testAuthority } from '@molecule/testkit';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Issue } from './acme-authority.ts';
import { AcmeOrders } from './acme-orders.ts';
import { Certificates } from './certificates.ts';

const log = createLog({ level: 'silent' });
const DAY_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;
let authority: TestAuthority;
let folder: string;
let clock: FakeClock;
let certificates: Certificates;
let orders: AcmeOrders;
/** Every name that was ordered. */
let ordered: string[];
let answer: Issue;

beforeAll(async () => {
  authority = await testAuthority();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'molecule-acme-'));
  clock = fakeClock(Date.now());
  certificates = new Certificates({ folder, appDomain: 'molecule.test', clock, log, mayBeEmpty: true });
  await certificates.load();
  ordered = [];
  answer = issue;
  orders = open();
});
afterEach(() => rm(folder, { recursive: true }));

function open(): AcmeOrders {
  return new AcmeOrders({
    issue: (name, put) => {
      ordered.push(name);
      return answer(name, put);
    },
    folder,
    appDomain: 'molecule.test',
    certificates,
    table: {
      find: async (slug) => {
        const status =
          { acme: 'running', going: 'purging' }[slug] ?? (/^t\d+$/.test(slug) ? 'running' : null);
        const route = status && { slug, status, upstream: null, orgId: 'o', generation: 1, slot: 'a' };
        return slug === 'lost' ? null : { route: route || null, ageMs: 0 };
      },
    },
    clock,
    log,
  });
}

const issue: Issue = async (name) => {
  const { cert, key } = await authority.issue([name], clock.now() + 90 * DAY_MS);
  return { cert: Buffer.from(cert), key: Buffer.from(key) };
};
const refuse: Issue = async () => {
  throw new Error('the authority is away');
};

describe('a certificate is ordered', () => {
  it('for the platform’s own names in a round', async () => {
    await orders.round();
    expect(ordered).toEqual(['molecule.test', 'app.molecule.test', 'www.molecule.test', 'api.molecule.test']);
    expect(orders.health()).toEqual({ held: 4, ordering: 0, failing: 0 });
    await orders.round();
    expect(ordered).toHaveLength(4);
  });

  it('for a tenant when somebody asks for it, once', async () => {
    await Promise.all([orders.prepare('acme.molecule.test'), orders.prepare('acme.molecule.test')]);
    await orders.prepare('acme.molecule.test');
    expect(ordered).toEqual(['acme.molecule.test']);
    expect(certificates.held()).toEqual(['acme.molecule.test']);
  });

  it.each([
    'nobody.molecule.test',
    'going.molecule.test',
    'lost.molecule.test',
    'admin.molecule.test',
    'deep.acme.molecule.test',
    'molecule.test.evil.test',
    'evil.test',
    'localhost',
    '127.0.0.1',
    '../acme.molecule.test',
    '',
  ])('never for %j', async (name) => {
    await orders.prepare(name);
    expect(ordered).toEqual([]);
  });

  it('with files that only this user opens', async () => {
    await orders.want('acme.molecule.test');
    const files = await readdir(folder);
    expect(files).toHaveLength(2);
    for (const file of files) expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
  });

  it('again at two thirds of its life, and the older pair goes', async () => {
    await orders.want('acme.molecule.test');
    const before = await readdir(folder);
    await clock.advance(59 * DAY_MS);
    await orders.want('acme.molecule.test');
    expect(ordered).toHaveLength(1);
    await clock.advance(1 * DAY_MS + 1_000);
    await orders.round();
    expect(ordered.filter((name) => name.startsWith('acme.'))).toHaveLength(2);
    const after = (await readdir(folder)).filter((file) => file.startsWith('acme.'));
    expect(after).toHaveLength(2);
    expect(after.some((file) => before.includes(file))).toBe(false);
  });
});

describe('an authority that is away', () => {
  it('is asked ever more seldom, and the certificate is served past its end', async () => {
    await orders.want('acme.molecule.test');
    answer = refuse;
    await clock.advance(91 * DAY_MS);
    await orders.want('acme.molecule.test');
    await orders.want('acme.molecule.test');
    expect(ordered).toHaveLength(2);
    expect(orders.health()).toMatchObject({ held: 1, failing: 1 });
    expect(certificates.contextFor('acme.molecule.test')).not.toBeNull();
    for (const waitMs of [60_000, 120_000, 240_000]) {
      await clock.advance(waitMs - 1);
      const count = ordered.length;
      await orders.want('acme.molecule.test');
      expect(ordered).toHaveLength(count);
      await clock.advance(1);
      await orders.want('acme.molecule.test');
      expect(ordered).toHaveLength(count + 1);
    }
    answer = issue;
    await clock.advance(6 * HOUR_MS);
    await orders.want('acme.molecule.test');
    expect(orders.health()).toMatchObject({ held: 1, failing: 0 });
  });

  it('does not hold a handshake for ever', async () => {
    answer = () => new Promise(() => {});
    const handshake = orders.prepare('acme.molecule.test');
    await expect.poll(() => ordered.length).toBe(1);
    await clock.advance(8_000);
    await handshake;
    expect(orders.health().ordering).toBe(1);
    await clock.advance(90_000);
    await expect.poll(() => orders.health()).toEqual({ held: 0, ordering: 0, failing: 1 });
  });

  it('is asked for two names at once and for sixty in an hour', async () => {
    answer = () => new Promise(() => {});
    const waiting = ['t001', 't002', 't003'].map((slug) => orders.want(`${slug}.molecule.test`));
    await waiting[2];
    expect(ordered).toEqual(['t001.molecule.test', 't002.molecule.test']);
    await clock.advance(90_000);
    await Promise.all(waiting);
    answer = refuse;
    for (let i = 100; i < 200; i++) await orders.want(`t${i}.molecule.test`);
    expect(ordered).toHaveLength(60);
    await clock.advance(HOUR_MS);
    await orders.want('t200.molecule.test');
    expect(ordered).toHaveLength(61);
  });
});

describe('a challenge', () => {
  it('is answered for its own name while its order runs, and not after', async () => {
    const seen: (string | null)[] = [];
    answer = async (name, put) => {
      const remove = put('a-token', 'the-answer');
      seen.push(
        orders.answerFor('acme.molecule.test', 'a-token'),
        orders.answerFor('other.molecule.test', 'a-token'),
        orders.answerFor('acme.molecule.test', 'another'),
      );
      remove();
      return issue(name, put);
    };
    await orders.want('acme.molecule.test');
    expect(seen).toEqual(['the-answer', null, null]);
    expect(orders.answerFor('acme.molecule.test', 'a-token')).toBeNull();
  });
});
