// Search with vectors over the wire: what callers bring, what an embedder makes, and what stays when it is away. The embedder
// here is a real HTTP service that hashes words into directions.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLog, Secret } from '@molecule/kit';
import { databaseFlavours, pgvectorBinaries, type TestDatabase, testDatabase } from '@molecule/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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

let mode: 'works' | 'fails' | 'lies' | 'short' | 'refuses' = 'works';
const embedder = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const { input } = JSON.parse(Buffer.concat(parts).toString()) as { input: string[] };
    const length = mode === 'short' ? 3 : DIMENSIONS;
    const data = input.map((text, index) => ({ index, embedding: meaningOf(text).slice(0, length) }));
    const isRefused = mode === 'refuses' || input.some((text) => text.includes('unspeakable'));
    response.statusCode = mode === 'fails' ? 500 : isRefused ? 400 : 200;
    response.end(mode === 'lies' ? '<html>' : JSON.stringify({ data }));
  });
});

const detailsOf = ({ body }: { body: Record<string, unknown> }) => body.details as Record<string, unknown>;
const flavours = [...databaseFlavours(), ...(pgvectorBinaries() ? (['pgvector'] as const) : [])];

describe.each(flavours)('vectors on %s Postgres', (flavour) => {
  let database: TestDatabase;
  const plugins: Plugin[] = [];

  const start = async (vectors: VectorConfig | null) => {
    const listen = { host: '127.0.0.1', port: 0 };
    const databaseUrl = Secret.of(database.url);
    const config = {
      listen,
      dataDir: '',
      databaseUrl,
      token: null,
      isTenantChild: false,
      vectors,
      logLevel: 'silent',
    };
    const plugin = await startPlugin(config, createLog({ level: 'silent' }));
    plugins.push(plugin);
    return new PluginProbe(plugin.address);
  };

  beforeAll(async () => {
    database = await testDatabase({ flavour });
    if (!embedder.listening) await new Promise<void>((done) => embedder.listen(0, '127.0.0.1', done));
  });
  // A plugin with an embedder gives its own vectors to all memories, also to those that another test brings.
  afterEach(async () => {
    await Promise.all(plugins.splice(0).map((plugin) => plugin.stop('test')));
  });
  afterAll(async () => {
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
    expect(body.details).toMatchObject({ dimensions: 16, embedder: false });
    const index = async () => detailsOf(await probe.expect(200, 'GET', '/v1/health')).vector_index;
    await expect.poll(index, { timeout: 30_000 }).toBe(flavour === 'pgvector' ? 'hnsw' : 'exact');
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

  it('are made for all others when the embedder refuses a text, and for it when it changes', async () => {
    mode = 'works';
    const probe = await start(withEmbedder());
    const name = await probe.namespace();
    for (let i = 0; i < 20; i++) await probe.write(name, `note ${i} of an apple`);
    await probe.write(name, 'unspeakable', { id: `${name}-bad` });
    for (let i = 0; i < 20; i++) await probe.write(name, `note ${i} of a car`);
    await expect
      .poll(() => probe.contents([name], { query: 'pear', limit: 100 }), { timeout: 60_000 })
      .toHaveLength(20);
    const refused = async () => detailsOf(await probe.expect(200, 'GET', '/v1/health')).refused;
    await expect.poll(refused, { timeout: 60_000 }).toBe(1);
    expect(await probe.contents([name], { query: 'unspeakable' })).toContain('unspeakable');
    await probe.write(name, 'a pear instead', { id: `${name}-bad` });
    await expect
      .poll(() => probe.contents([name], { query: 'fruit', limit: 100 }), { timeout: 60_000 })
      .toContain('a pear instead');
    expect(await refused()).toBeUndefined();
  });

  it('note no text as refused when the embedder refuses every text', async () => {
    mode = 'refuses';
    const probe = await start(withEmbedder());
    const name = await probe.namespace();
    await probe.write(name, 'an apple while the embedder is out of its mind');
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect((await probe.expect(200, 'GET', '/v1/health')).body.details).not.toHaveProperty('refused');
    mode = 'works';
    await expect.poll(() => probe.contents([name], { query: 'pear' }), { timeout: 60_000 }).toHaveLength(1);
  });

  it('are found in few namespaces among many, as exactly as by comparing all', async () => {
    const probe = await start({ dimensions: DIMENSIONS, embedder: null });
    const [crowd, own] = [await probe.namespace(), await probe.namespace()];
    const direction = (i: number) =>
      Array.from({ length: DIMENSIONS }, (_, at) => Math.sin(i * (at + 1) * 1.7) + 0.01);
    const batch = (from: number, count: number, name: string) => ({
      memories: Array.from({ length: count }, (_, i) => ({
        content: `${name} ${from + i}`,
        kind: 'fact',
        source: 'agent',
        embedding: direction(from + i),
      })),
    });
    for (let from = 0; from < 600; from += 200)
      await probe.expect(200, 'POST', `/v1/namespaces/${crowd}/memories:batch`, batch(from, 200, 'crowd'));
    await probe.expect(200, 'POST', `/v1/namespaces/${own}/memories:batch`, batch(1_000, 30, 'own'));
    const asked = direction(1_007);
    const cosine = (a: number[], b: number[]) => {
      const dot = (x: number[], y: number[]) => x.reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
      return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    };
    const wanted = Array.from({ length: 30 }, (_, i) => 1_000 + i)
      .map((i) => ({ content: `own ${i}`, score: cosine(asked, direction(i)) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score)
      .slice(0, 10)
      .map(({ content }) => content);
    expect(await probe.contents([own], { embedding: asked, limit: 10 })).toEqual(wanted);
    expect((await probe.contents([own, crowd], { embedding: asked, limit: 5 }))[0]).toBe('own 1007');
  });
});
