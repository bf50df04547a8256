// The memory plugin over HTTP against the conformance suite, on every Postgres that this machine has.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, Secret } from '@molecule/kit';
import { databaseFlavours, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PluginProbe } from '../../../tooling/memory-conformance/plugin-probe.ts';
import { doesConform, runConformance } from '../../../tooling/memory-conformance/run-conformance.ts';
import { type Plugin, startPlugin } from './compose.ts';

const TOKEN = 'f'.repeat(64);

describe.each(databaseFlavours())('the memory plugin on %s Postgres', (flavour) => {
  let database: TestDatabase;
  let plugin: Plugin;
  let port = 0;

  const start = async () => {
    plugin = await startPlugin(
      {
        listen: { host: '127.0.0.1', port },
        databaseUrl: Secret.of(database.url),
        dataDir: '',
        token: Secret.of(TOKEN),
        isTenantChild: false,
        vectors: null,
        logLevel: 'silent',
      },
      createLog({ level: 'silent' }),
    );
    port = Number(new URL(plugin.address).port);
  };

  beforeAll(async () => {
    database = await testDatabase({ flavour });
    await start();
  });
  afterAll(async () => {
    await plugin?.stop('test');
    await database?.stop();
  });

  it('conforms, with every capability that it lists, across a restart', async () => {
    const restart = async () => {
      await plugin.stop('restart');
      await start();
    };
    const verdicts = await runConformance(new PluginProbe(plugin.address, TOKEN), {
      restart,
      isLoadWanted: false,
    });
    expect(verdicts.filter(({ result }) => result === 'failed')).toEqual([]);
    expect(doesConform(verdicts)).toBe(true);
    expect(verdicts.filter(({ result }) => result === 'left out').map(({ number }) => number)).toEqual([
      22, 29,
    ]);
  });

  it('keeps to itself: without its token it says nothing', async () => {
    for (const probe of [new PluginProbe(plugin.address), new PluginProbe(plugin.address, 'e'.repeat(64))]) {
      await probe.refuse(401, 'GET', '/v1/health');
      await probe.refuse(401, 'POST', '/v1/search', { namespaces: ['workspace:x'] });
    }
  });

  it('names the methods that a path has', async () => {
    const answer = await fetch(`${plugin.address}/v1/search`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('never shows again what an expired namespace held', async () => {
    const probe = new PluginProbe(plugin.address, TOKEN);
    const name = await probe.namespace();
    await probe.write(name, 'old secret');
    const path = `/v1/namespaces/${name}`;
    await probe.expect(200, 'PATCH', path, { expires_at: new Date(Date.now() + 300).toISOString() });
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(await probe.contents([name])).toEqual([]);
    await probe.refuse(404, 'PATCH', path, { metadata: {} });
    await probe.expect(200, 'PUT', path, { kind: 'workspace' });
    expect(await probe.contents([name])).toEqual([]);
  });

  it.each([1, 8, 9, 40])('finds words in %i namespaces, and in no other', async (count) => {
    const probe = new PluginProbe(plugin.address, TOKEN);
    const names: string[] = [];
    for (let i = 0; i < count + 2; i++) names.push(await probe.namespace());
    for (const name of names) await probe.write(name, `common words of ${name}`);
    const asked = names.slice(1, -1);
    const found = await probe.search(asked, { query: 'common words' });
    expect(found.map(({ namespace }) => namespace).sort()).toEqual([...asked].sort());
    await probe.expect(204, 'DELETE', `/v1/namespaces/${asked[0]}`);
    expect(await probe.search(asked, { query: 'common words' })).toHaveLength(count - 1);
  });

  it.each([
    ['all words before beginnings of words', 'deploy', ['deploy now', 'deployment plan']],
    [
      'most words of a long question',
      'what is the deployment rule of friday evenings',
      ['no deployment on friday evenings'],
    ],
    ['words in quotes as they stand', '"friday evenings"', ['no deployment on friday evenings']],
    ['accents or none', 'resume', ['my résumé']],
    ['nothing for a few words that stand nowhere together', 'deploy evenings zebra', []],
  ])('finds %s', async (_name, query, found) => {
    const probe = new PluginProbe(plugin.address, TOKEN);
    const name = await probe.namespace();
    for (const text of ['deployment plan', 'deploy now', 'no deployment on friday evenings', 'my résumé'])
      await probe.write(name, text);
    const contents = await probe.contents([name], { query });
    expect(contents.slice(0, found.length)).toEqual(found.slice(0, contents.length));
    expect(contents.length >= found.length).toBe(true);
    if (found.length === 0) expect(contents).toEqual([]);
  });
});

describe('the memory plugin without a database of somebody else', () => {
  it('keeps its memories in an embedded one, across a restart, and conforms', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'molecule-own-store-'));
    let port = 0;
    const start = async () => {
      const started = await startPlugin(
        {
          listen: { host: '127.0.0.1', port },
          databaseUrl: null,
          dataDir,
          token: Secret.of(TOKEN),
          isTenantChild: false,
          vectors: null,
          logLevel: 'silent',
        },
        createLog({ level: 'silent' }),
      );
      port = Number(new URL(started.address).port);
      return started;
    };
    let plugin = await start();
    try {
      const restart = async () => {
        await plugin.stop('restart');
        plugin = await start();
      };
      const probe = new PluginProbe(plugin.address, TOKEN);
      const verdicts = await runConformance(probe, { restart, isLoadWanted: false });
      expect(verdicts.filter(({ result }) => result === 'failed')).toEqual([]);
      expect(verdicts.find(({ number }) => number === 20)?.result).toBe('passed');
    } finally {
      await plugin.stop('test');
      await rm(dataDir, { recursive: true, force: true });
    }
  }, 120_000);
});
