// Capability scenarios: what a plugin must do that says it can; and how it behaves in service.

import { networkInterfaces } from 'node:os';
import { claim, memoriesOf, namespacePath, type PluginProbe, same } from './plugin-probe.ts';
import type { Scenario } from './scenario.ts';

const BASE_FACT = { kind: 'fact', source: 'agent' };
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function listAll(
  plugin: PluginProbe,
  name: string,
  between: () => Promise<unknown>,
): Promise<string[]> {
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await plugin.expect(
      200,
      'GET',
      `${memoriesOf(name)}?limit=90&cursor=${encodeURIComponent(cursor)}`,
    );
    seen.push(...(body.memories as { content: string }[]).map(({ content }) => content));
    await between();
    if (typeof body.next_cursor !== 'string' || body.next_cursor === '') return seen;
    cursor = body.next_cursor;
    claim(seen.length < 10_000, 'the list does not end');
  }
}

export const CAPABILITY_SCENARIOS: readonly Scenario[] = [
  {
    number: 21,
    level: 'cap',
    capability: 'fts',
    title: 'a query finds and ranks',
    run: async (plugin) => {
      const name = await plugin.namespace();
      const texts = [
        'the quick brown fox jumps',
        'a brown bag with a fox in it, and a fox beside it',
        'nothing of the kind',
        '東京都の天気',
        'Übergrößenträger in Zürich',
      ];
      for (const text of texts) await plugin.write(name, text);
      const find = (query: string) => plugin.contents([name], { query });
      same((await find('brown fox')).sort(), [texts[0], texts[1]].sort(), 'both words');
      same(await find('jumps'), [texts[0]], 'one word');
      same(await find('q'), [texts[0]], 'one character');
      same(await find('天気'), [texts[3]], 'a word of a script without spaces');
      same(await find('ZÜRICH'), [texts[4]], 'a word in another case');
      same(await find('zebra'), [], 'no hit');
      same(await find("x'); drop table memories; --"), [], 'text that looks like an injection');
      same((await find('')).length, texts.length, 'no query');
    },
  },
  {
    number: 22,
    level: 'cap',
    capability: 'embedding',
    title: 'the nearest vector comes first',
    run: async (plugin) => {
      const { body } = await plugin.expect(200, 'GET', '/v1/health');
      const dimensions = Number((body.details as { dimensions?: number } | undefined)?.dimensions ?? 1536);
      const axis = (at: number) => Array.from({ length: dimensions }, (_, i) => (i === at ? 1 : 0.01));
      const name = await plugin.namespace();
      for (const at of [0, 1, 2]) await plugin.write(name, `axis ${at}`, { embedding: axis(at) });
      same((await plugin.contents([name], { embedding: axis(1) }))[0], 'axis 1', 'the nearest');
      await plugin.refuse(400, 'POST', '/v1/search', { namespaces: [name], embedding: [1, 2] });
    },
  },
  {
    number: 23,
    level: 'cap',
    capability: 'ttl',
    title: 'what expired is gone on the first read after',
    run: async (plugin) => {
      const name = await plugin.namespace();
      await plugin.write(name, 'short', { expires_at: new Date(Date.now() + 1_000).toISOString() });
      await plugin.write(name, 'long');
      await wait(1_100);
      same(await plugin.contents([name]), ['long'], 'what is found');
      const past = new Date(Date.now() - 60_000).toISOString();
      await plugin.refuse(400, 'POST', memoriesOf(name), { content: 'x', ...BASE_FACT, expires_at: past });
    },
  },
  {
    number: 24,
    level: 'cap',
    capability: 'pin',
    title: 'what is pinned comes first',
    run: async (plugin) => {
      const name = await plugin.namespace();
      await plugin.write(name, 'old and pinned', { pin: true });
      await plugin.write(name, 'new');
      same(await plugin.contents([name]), ['old and pinned', 'new'], 'the order');
    },
  },
  {
    number: 25,
    level: 'cap',
    capability: 'propagation',
    title: 'propagation comes back as it went in',
    run: async (plugin) => {
      const name = await plugin.namespace();
      const propagation = { tag: 'ü', nested: { list: [1, 2.5, null, true, { deep: [] }] } };
      await plugin.write(name, 'x', { propagation });
      same((await plugin.search([name]))[0]?.propagation, propagation, 'the propagation');
    },
  },
  {
    number: 26,
    level: 'cap',
    capability: 'list',
    title: 'a list shows each old row once, whatever is written meanwhile',
    run: async (plugin) => {
      const name = await plugin.namespace();
      const texts = Array.from({ length: 1_000 }, (_, i) => `row ${i}`);
      for (let at = 0; at < texts.length; at += 50)
        await Promise.all(texts.slice(at, at + 50).map((text) => plugin.write(name, text)));
      let more = 0;
      const seen = await listAll(plugin, name, () => plugin.write(name, `later ${more++}`));
      same(seen.filter((text) => text.startsWith('row ')).sort(), [...texts].sort(), 'the old rows');
    },
  },
  {
    number: 27,
    level: 'cap',
    capability: 'timestamps',
    title: 'a given time of creation is kept',
    run: async (plugin) => {
      const name = await plugin.namespace();
      const createdAt = '2024-02-29T12:00:00.000Z';
      await plugin.write(name, 'old', { created_at: createdAt });
      const [found] = await plugin.search([name]);
      same(Date.parse(found?.created_at ?? ''), Date.parse(createdAt), 'the time');
    },
  },
  {
    number: 28,
    level: 'cap',
    capability: 'batch',
    title: 'of three, the bad one alone fails',
    run: async (plugin) => {
      const name = await plugin.namespace();
      const memories = ['one', ' ', 'three'].map((content) => ({ content, ...BASE_FACT }));
      const { body } = await plugin.expect(200, 'POST', `${memoriesOf(name)}:batch`, { memories });
      const results = body.results as { id?: string; error?: unknown }[];
      same(
        results.map(({ error }) => error === undefined),
        [true, false, true],
        'which were stored',
      );
      same((await plugin.contents([name])).sort(), ['one', 'three'], 'what is found');
    },
  },
  {
    number: 29,
    level: 'ops',
    title: 'write and search stay under 50 ms (p95) with ten thousand memories',
    stepsAside: ({ isLoadWanted }) => (isLoadWanted ? null : 'takes a while; ask for it with --load'),
    run: async (plugin) => {
      const name = await plugin.namespace();
      for (let at = 0; at < 10_000; at += 50)
        await Promise.all(
          Array.from({ length: 50 }, (_, i) => plugin.write(name, `memory number ${at + i}`)),
        );
      const timed = async (work: (i: number) => Promise<unknown>) => {
        const times: number[] = [];
        for (let i = 0; i < 100; i++) {
          const startedAt = performance.now();
          await work(i);
          times.push(performance.now() - startedAt);
        }
        return times.sort((a, b) => a - b)[94] ?? 0;
      };
      const writeMs = await timed((i) => plugin.write(name, `another ${i}`));
      const searchMs = await timed((i) => plugin.search([name], { query: `number ${i * 7}`, limit: 10 }));
      const said = `p95 write ${writeMs.toFixed(1)} ms, search ${searchMs.toFixed(1)} ms`;
      claim(writeMs < 50 && searchMs < 50, said);
    },
  },
  {
    number: 32,
    level: 'ops',
    title: 'nothing listens on a public address without a token',
    run: async (plugin) => {
      const url = new URL(plugin.baseUrl);
      const addresses = Object.values(networkInterfaces())
        .flatMap((list) => list ?? [])
        .filter(({ internal, family }) => !internal && family === 'IPv4');
      for (const { address } of addresses) {
        const isOpen = await fetch(`http://${address}:${url.port || '80'}/v1/health`, {
          signal: AbortSignal.timeout(2_000),
        }).then(
          (response) => response.ok,
          () => false,
        );
        claim(!isOpen, `${address}:${url.port} answers without a token`);
      }
    },
  },
  {
    number: 33,
    level: 'cap',
    capability: 'count',
    title: 'a namespace tells how much it holds',
    run: async (plugin) => {
      const name = await plugin.namespace();
      await plugin.write(name, 'äö');
      const { body } = await plugin.expect(200, 'GET', namespacePath(name));
      same([body.name, body.count, body.bytes], [name, 1, 4], 'name, count and bytes');
      await plugin.refuse(404, 'GET', namespacePath('workspace:never-made'));
    },
  },
  {
    number: 34,
    level: 'cap',
    capability: 'get',
    title: 'a memory is read in its own namespace only',
    run: async (plugin) => {
      const [home, other] = [await plugin.namespace(), await plugin.namespace()];
      const path = `/v1/memories/${await plugin.write(home, 'here')}?namespace=`;
      const { body } = await plugin.expect(200, 'GET', path + encodeURIComponent(home));
      same(body.content, 'here', 'the content');
      await plugin.refuse(404, 'GET', path + encodeURIComponent(other));
    },
  },
  {
    number: 35,
    level: 'cap',
    capability: 'filter',
    title: 'a search by propagation finds rows that hold these texts',
    run: async (plugin) => {
      const name = await plugin.namespace();
      await plugin.write(name, 'a', { propagation: { tag: 'x', by: '1' } });
      await plugin.write(name, 'b', { propagation: { tag: 'y', by: '1' } });
      await plugin.write(name, 'c');
      same(await plugin.contents([name], { propagation: { tag: 'x' } }), ['a'], 'what is found');
      same(await plugin.contents([name], { propagation: { tag: 'x', by: '2' } }), [], 'what is found');
    },
  },
];
