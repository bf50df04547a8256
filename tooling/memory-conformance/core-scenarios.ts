// Core scenarios: what every memory plugin must do, also one without a single capability.

import { claim, memoriesOf, namespacePath, type PluginProbe, same } from './plugin-probe.ts';
import type { Scenario } from './scenario.ts';

const FACT = { kind: 'fact', source: 'agent' };
const AHEAD = () => new Date(Date.now() + 3_600_000).toISOString();
const sorted = (texts: string[]) => [...texts].sort();

const TEXTS = [
  'plain',
  'emoji 👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  'עברית العربية \u202e mixed',
  'tab\t newline\n bell\u0007 escape\u001b',
  '{"json":"inside"} \\ " \' <b>&amp;</b>',
  ` leading and trailing `,
  `${'64 KiB '.repeat(9_362)}end`,
];

async function parallel(plugin: PluginProbe): Promise<void> {
  const many = await plugin.namespace();
  const texts = Array.from({ length: 50 }, (_, i) => `parallel ${i}`);
  await Promise.all(texts.map((text) => plugin.write(many, text)));
  same(sorted(await plugin.contents([many])), sorted(texts), 'what 50 parallel writes left');
  const one = await plugin.namespace();
  const id = crypto.randomUUID();
  await Promise.all(texts.map((text) => plugin.write(one, text, { id })));
  same((await plugin.search([one])).length, 1, 'rows after 50 parallel writes of one id');
}

export const CORE_SCENARIOS: readonly Scenario[] = [
  {
    number: 1,
    level: 'core',
    title: 'health',
    run: async (plugin) => {
      const { body } = await plugin.expect(200, 'GET', '/v1/health');
      same(body.status, 'ok', 'the status');
      claim(/^1\./.test(String(body.version)), `the version is ${body.version}, not 1.x`);
      const isList =
        Array.isArray(body.capabilities) && body.capabilities.every((c) => typeof c === 'string');
      claim(isList, 'the capabilities are not a list of texts');
    },
  },
  {
    number: 2,
    level: 'core',
    title: 'a namespace made twice is the same one, with the newer metadata',
    run: async (plugin) => {
      const name = await plugin.namespace();
      const put = (n: number) =>
        plugin.expect(200, 'PUT', namespacePath(name), { kind: 'workspace', metadata: { n } });
      const [first, second] = [await put(1), await put(2)];
      same(second.body.created_at, first.body.created_at, 'created_at');
      same(second.body.metadata, { n: 2 }, 'the metadata');
      same([second.body.name, second.body.kind], [name, 'workspace'], 'name and kind');
    },
  },
  {
    number: 3,
    level: 'core',
    title: 'bad names, kinds and JSON are refused',
    run: async (plugin) => {
      for (const name of [
        'Workspace:x',
        'workspace',
        ':x',
        'workspace:',
        'workspace:a b',
        `w:${'x'.repeat(300)}`,
      ])
        await plugin.refuse(400, 'PUT', namespacePath(name), { kind: 'workspace' });
      await plugin.refuse(400, 'PUT', namespacePath('workspace:kind'), { kind: 'desk' });
      await plugin.refuse(400, 'PUT', namespacePath('workspace:none'), {});
      await plugin.refuse(400, 'PUT', namespacePath('workspace:json'), '{"kind":');
    },
  },
  {
    number: 4,
    level: 'core',
    title: 'a patch changes what it names',
    run: async (plugin) => {
      await plugin.refuse(404, 'PATCH', namespacePath('workspace:never-made'), { metadata: {} });
      const path = namespacePath(await plugin.namespace());
      await plugin.refuse(400, 'PATCH', path, {});
      await plugin.expect(200, 'PATCH', path, { expires_at: AHEAD() });
      const { body } = await plugin.expect(200, 'PATCH', path, { expires_at: AHEAD(), metadata: { a: [1] } });
      same(body.metadata, { a: [1] }, 'the metadata');
    },
  },
  {
    number: 5,
    level: 'core',
    title: 'a deleted namespace takes its memories along',
    run: async (plugin) => {
      const name = await plugin.namespace();
      await plugin.write(name, 'soon gone');
      await plugin.expect(204, 'DELETE', namespacePath(name));
      same(await plugin.contents([name]), [], 'what is found afterwards');
      await plugin.refuse(404, 'DELETE', namespacePath(name));
      await plugin.expect(200, 'PUT', namespacePath(name), { kind: 'workspace' });
      same(await plugin.contents([name]), [], 'what a namespace of the same name holds');
    },
  },
  {
    number: 6,
    level: 'core',
    title: 'the smallest write',
    run: async (plugin) => {
      await plugin.write(await plugin.namespace(), 'x');
    },
  },
  {
    number: 7,
    level: 'core',
    title: 'blank contents and unknown kinds and sources are refused',
    run: async (plugin) => {
      const path = memoriesOf(await plugin.namespace());
      const bad = [
        { content: ' \n\t' },
        { content: '' },
        { content: 7 },
        { kind: 'rumour' },
        { kind: undefined },
        { source: 'rumour' },
        { source: undefined },
      ];
      for (const change of bad) await plugin.refuse(400, 'POST', path, { content: 'x', ...FACT, ...change });
    },
  },
  {
    number: 8,
    level: 'core',
    title: 'what was written is found once, byte by byte',
    run: async (plugin) => {
      for (const text of TEXTS) {
        const name = await plugin.namespace();
        const id = await plugin.write(name, text);
        const found = await plugin.search([name]);
        same(
          found.map((memory) => [memory.id, memory.content]),
          [[id, text]],
          'what is found',
        );
      }
    },
  },
  {
    number: 9,
    level: 'core',
    title: 'a search of two namespaces finds those two, and nothing else',
    run: async (plugin) => {
      const names = [await plugin.namespace(), await plugin.namespace('team'), await plugin.namespace()];
      for (const name of names) await plugin.write(name, `in ${name}`);
      const found = await plugin.contents(names.slice(0, 2));
      same(sorted(found), sorted(names.slice(0, 2).map((name) => `in ${name}`)), 'what is found');
      same(await plugin.contents(['workspace:never-made']), [], 'what an unknown namespace holds');
    },
  },
  {
    number: 10,
    level: 'core',
    title: 'bad searches are refused',
    run: async (plugin) => {
      const namespaces = [await plugin.namespace()];
      for (const body of [
        { namespaces: [] },
        {},
        { namespaces: ['no name'] },
        { namespaces, limit: 101 },
        { namespaces, limit: -1 },
        { namespaces, kinds: ['rumour'] },
      ])
        await plugin.refuse(400, 'POST', '/v1/search', body);
    },
  },
  {
    number: 11,
    level: 'core',
    title: 'a search finds no more than its limit, the newest',
    run: async (plugin) => {
      const name = await plugin.namespace();
      for (let i = 0; i < 5; i++) await plugin.write(name, `number ${i}`);
      const found = await plugin.contents([name], { limit: 3 });
      same(found.length, 3, 'how many are found');
      claim((await plugin.search([name], { limit: 0 })).length === 5, 'limit 0 is not the default');
    },
  },
  {
    number: 12,
    level: 'core',
    title: 'kinds filter',
    run: async (plugin) => {
      const name = await plugin.namespace();
      for (const kind of ['fact', 'summary', 'checkpoint']) await plugin.write(name, kind, { kind });
      const found = await plugin.contents([name], { kinds: ['summary', 'checkpoint'] });
      same(sorted(found), ['checkpoint', 'summary'], 'what is found');
    },
  },
  {
    number: 13,
    level: 'core',
    title: 'a second write of an id replaces the first',
    run: async (plugin) => {
      const name = await plugin.namespace();
      const id = `given-${crypto.randomUUID()}`;
      same(await plugin.write(name, 'first', { id }), id, 'the id of the first answer');
      same(await plugin.write(name, 'second', { id }), id, 'the id of the second answer');
      same(await plugin.contents([name]), ['second'], 'what is found');
    },
  },
  {
    number: 14,
    level: 'core',
    title: 'an id does not move to another namespace',
    run: async (plugin) => {
      const [home, thief] = [await plugin.namespace(), await plugin.namespace()];
      const id = await plugin.write(home, 'mine', { id: crypto.randomUUID() });
      const answer = await plugin.call('POST', memoriesOf(thief), { id, content: 'stolen', ...FACT });
      claim(answer.status >= 400 && answer.status < 500, `a write of a foreign id answered ${answer.status}`);
      same(await plugin.contents([home]), ['mine'], 'what is found at home');
      same(await plugin.contents([thief]), [], 'what is found elsewhere');
    },
  },
  {
    number: 15,
    level: 'core',
    title: 'only its own namespace forgets a memory',
    run: async (plugin) => {
      const [home, other] = [await plugin.namespace(), await plugin.namespace()];
      const id = await plugin.write(home, 'remember me');
      const path = `/v1/memories/${encodeURIComponent(id)}`;
      await plugin.refuse(404, 'DELETE', path, { requested_by_namespace: other });
      same(await plugin.contents([home]), ['remember me'], 'what is left');
      await plugin.refuse(400, 'DELETE', path, { requested_by_namespace: 'no name' });
      await plugin.refuse(400, 'DELETE', path, '{');
      await plugin.expect(204, 'DELETE', path, { requested_by_namespace: home });
      same(await plugin.contents([home]), [], 'what is left');
      await plugin.refuse(404, 'DELETE', path, { requested_by_namespace: home });
    },
  },
  {
    number: 16,
    level: 'core',
    title: 'unknown paths are 404, unknown fields are ignored',
    run: async (plugin) => {
      same((await plugin.call('GET', '/v1/nothing')).status, 404, 'the status of an unknown path');
      const name = await plugin.namespace();
      await plugin.write(name, 'x', { workspace_id: 'ignored', later: { field: 1 } });
      same(await plugin.contents([name], { later: true }), ['x'], 'what is found');
      const { status } = await plugin.call('POST', namespacePath(name), {});
      claim([404, 405].includes(status), `a wrong method answered ${status}`);
    },
  },
  {
    number: 17,
    level: 'core',
    title: 'errors have a code and a message',
    run: async (plugin) => {
      await plugin.refuse(400, 'POST', '/v1/search', '[');
      const missing = `/v1/memories/${crypto.randomUUID()}`;
      await plugin.refuse(404, 'DELETE', missing, { requested_by_namespace: 'workspace:never-made' });
    },
  },
  { number: 18, level: 'core', title: 'fifty writes at once', run: parallel },
  {
    number: 19,
    level: 'core',
    title: 'names with : . and - mean the same, encoded or not',
    run: async (plugin) => {
      const name = `custom:a.b-c:d_${crypto.randomUUID()}`;
      await plugin.expect(200, 'PUT', `/v1/namespaces/${name}`, { kind: 'custom' });
      await plugin.write(name, 'once');
      await plugin.expect(201, 'POST', `/v1/namespaces/${name}/memories`, { content: 'twice', ...FACT });
      same(sorted(await plugin.contents([name])), ['once', 'twice'], 'what is found');
    },
  },
  {
    number: 20,
    level: 'core',
    title: 'a restart loses nothing',
    stepsAside: ({ restart }) => (restart ? null : 'name a command that restarts the plugin: --restart'),
    run: async (plugin, { restart }) => {
      const name = await plugin.namespace();
      await plugin.write(name, 'still here');
      await restart?.();
      same(await plugin.contents([name]), ['still here'], 'what is found');
    },
  },
];
