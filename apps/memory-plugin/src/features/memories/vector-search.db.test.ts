// Search with vectors over the wire: what callers bring, what an embedder makes, and what stays when it is away. The embedder
// here is a real HTTP service that hashes words into directions.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLog, Secret } from '@molecule/kit';
import { databaseFlavours, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PluginProbe } from '../../../../../tooling/memory-conformance/plugin-probe.ts';
import { doesConform, runConformance } from '../../../../../tooling/memory-conformance/run-conformance.ts';
import { type Plugin, startPlugin } from '../../compose.ts';
import type { VectorConfig } from '../../config.ts';

const DIMENSIONS = 8;
const MEANINGS: Record<string, number> = { car: 0, automobile: 0, vehicle: 0, fruit: 1, apple: 1, pear: 1 };

const meaningOf = (text: string) => {
  const vector = Array.from({ length: DIMENSIONS }, () => 0);
  for (const word of text.toLowerCase().split(/\W+/)) {
    const at = MEANINGS[word] ?? 7;
    vector[at] = (vector[at] ?? 0) + (at === 7 ? 0.1 : 1);
  }
  return vector;
};

let mode: 'works' | 'fails' | 'lies' | 'short' = 'works';
const embedder = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const { input } = JSON.parse(Buffer.concat(parts).toString()) as { input: string[] };
    const length = mode === 'short' ? 3 : DIMENSIONS;
    const data = input.map((text, index) => ({ index, embedding: meaningOf(text).slice(0, length) }));
    response.statusCode = mode === 'fails' ? 500 : 200;
    response.end(mode === 'lies' ? '<html>' : JSON.stringify({ data }));
  });
});

describe.each(databaseFlavours())('vectors on %s Postgres', (flavour) => {
  let database: TestDatabase;
  const plugins: Plugin[] = [];

  const start = async (vectors: VectorConfig | null) => {
    const listen = { host: '127.0.0.1', port: 0 };
    const databaseUrl = Secret.of(database.url);
    const config = { listen, databaseUrl, token: null, isTenantChild: false, vectors, logLevel: 'silent' };
    const plugin = await startPlugin(config, createLog({ level: 'silent' }));
    plugins.push(plugin);
    return new PluginProbe(plugin.address);
  };

  beforeAll(async () => {
    database = await testDatabase({ flavour });
    if (!embedder.listening) await new Promise<void>((done) => embedder.listen(0, '127.0.0.1', done));
  });
  afterAll(async () => {
    await Promise.all(plugins.map((plugin) => plugin.stop('test')));
    await database?.stop();
  });
  afterAll(() => {
    embedder.close();
  });

  const withEmbedder = () => ({
    dimensions: DIMENSIONS,
    embedder: {
      url: `http://127.0.0.1:${(embedder.address() as AddressInfo).port}/v1`,
      model: 'hash',
      key: null,
    },
  });

  it('that callers bring conform, and the health says how long they are', async () => {
    const probe = await start({ dimensions: 16, embedder: null });
    const { body } = await probe.expect(200, 'GET', '/v1/health');
    expect(body.capabilities).toContain('embedding');
    expect(body.details).toEqual({ dimensions: 16, embedder: false, vector_index: 'exact' });
    const verdicts = await runConformance(probe, { restart: null, isLoadWanted: false });
    expect(verdicts.filter(({ result }) => result === 'failed')).toEqual([]);
    expect(doesConform(verdicts)).toBe(true);
    expect(verdicts.find(({ number }) => number === 22)?.result).toBe('passed');
  });

  it.each([
    ['too short', [1, 2]],
    ['too long', Array.from({ length: DIMENSIONS + 1 }, () => 1)],
    ['without a direction', Array.from({ length: DIMENSIONS }, () => 0)],
    ['too great for its numbers', Array.from({ length: DIMENSIONS }, () => 1e300)],
  ])('%s are refused on write and search, and nothing is stored (S1)', async (_name, embedding) => {
    const probe = await start({ dimensions: DIMENSIONS, embedder: null });
    const name = await probe.namespace();
    const memory = { content: 'x', kind: 'fact', source: 'agent', embedding };
    await probe.refuse(400, 'POST', `/v1/namespaces/${name}/memories`, memory);
    await probe.refuse(400, 'POST', '/v1/search', { namespaces: [name], embedding });
    expect(await probe.contents([name])).toEqual([]);
  });

  it('find what has other words, go with their text, and do without an embedder that fails (S2, S3, S4)', async () => {
    mode = 'works';
    const probe = await start(withEmbedder());
    const name = await probe.namespace();
    const other = await probe.namespace();
    await probe.write(name, 'the car is red', { id: `${name}-1` });
    await probe.write(name, 'an apple a day');
    await probe.write(other, 'the car of somebody else');
    const best = async (query: string) => (await probe.contents([name], { query }))[0];
    await expect.poll(() => best('automobile'), { timeout: 60_000 }).toBe('the car is red');
    await expect.poll(() => best('pear'), { timeout: 60_000 }).toBe('an apple a day');
    expect(await probe.contents([name], { query: 'automobile' })).not.toContain('the car of somebody else');

    await probe.write(name, 'a pear is green', { id: `${name}-1` });
    expect(await probe.contents([name], { query: 'automobile' })).not.toContain('the car is red');
    for (const broken of ['fails', 'lies', 'short'] as const) {
      mode = broken;
      expect(await probe.contents([name], { query: 'apple' })).toEqual(['an apple a day']);
    }
    mode = 'works';
    await expect.poll(() => probe.contents([name], { query: 'fruit' }), { timeout: 60_000 }).toHaveLength(2);
  });
});
