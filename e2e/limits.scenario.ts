// Limits: every row of the limits table that a client can meet over HTTP, on both sides of its edge.

import { LIMITS } from '@molecule/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import {
  type Answer,
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
} from './support/tenant.ts';

let tenant: ScenarioTenant;
let agent: ExternalAgent;
let peer: ExternalAgent;

beforeAll(async () => {
  tenant = await startScenarioTenant();
  agent = await addExternalAgent(tenant, 'at the edge');
  peer = await addExternalAgent(tenant, 'its peer');
});

afterAll(() => tenant?.stop());

const send = (path: string, body: unknown, method = 'POST'): Promise<Answer> =>
  tenant.call(path, { method, headers: { authorization: `Bearer ${tenant.adminToken}` }, body });
const read = (path: string) => tenant.asAdmin<unknown[]>(path);

interface Edge {
  limit: keyof typeof LIMITS;
  what: string;
  /** Sends something of this size. */
  send(size: number): Promise<Answer>;
  refusal: { status: number; text: RegExp };
}

const create = (body: Record<string, unknown>) =>
  send('/workspaces', { name: 'edge', external: true, ...body });
const change = (body: Record<string, unknown>) => send(`/workspaces/${agent.id}`, body, 'PATCH');
const badFields = { status: 400, text: /invalid workspace fields/ };
const longer = (field: string, max: number) => ({
  status: 400,
  text: new RegExp(`"${field} must be at most ${max} characters"`),
});
const tooLarge = { status: 413, text: /body_too_large/ };

/** A JSON body of exactly this many bytes. */
function padded(body: Record<string, unknown>, bytes: number): string {
  const bare = JSON.stringify({ ...body, padding: '' });
  return JSON.stringify({ ...body, padding: 'x'.repeat(bytes - bare.length) });
}

const message = (text: string) => ({ role: 'user', parts: [{ kind: 'text', text }] });
const nested = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`) as unknown;

const EDGES: Edge[] = [
  {
    limit: 'nameChars',
    what: 'name on create',
    send: (size) => create({ name: 'n'.repeat(size) }),
    refusal: badFields,
  },
  {
    limit: 'nameChars',
    what: 'name on change',
    send: (size) => change({ name: 'n'.repeat(size) }),
    refusal: longer('name', LIMITS.nameChars),
  },
  {
    limit: 'roleChars',
    what: 'role on create',
    send: (size) => create({ role: 'r'.repeat(size) }),
    refusal: badFields,
  },
  {
    limit: 'roleChars',
    what: 'role on change',
    send: (size) => change({ role: 'r'.repeat(size) }),
    refusal: longer('role', LIMITS.roleChars),
  },
  {
    limit: 'modelChars',
    what: 'model on create',
    send: (size) => create({ model: 'm'.repeat(size) }),
    refusal: badFields,
  },
  {
    limit: 'runtimeChars',
    what: 'runtime on create',
    send: (size) => create({ external: false, runtime: 'r'.repeat(size) }),
    refusal: badFields,
  },
  {
    limit: 'jsonBodyBytes',
    what: 'a JSON body',
    send: (size) => send(`/workspaces/${agent.id}/activity`, padded({ activity_type: 'agent_log' }, size)),
    refusal: tooLarge,
  },
  {
    limit: 'jsonDepth',
    what: 'depth of a JSON body',
    send: (size) =>
      send(`/workspaces/${agent.id}/activity`, { activity_type: 'agent_log', request_body: nested(size) }),
    refusal: { status: 400, text: /nested too deeply/ },
  },
  {
    limit: 'a2aRequestBytes',
    what: 'a message',
    send: (size) =>
      send(
        `/workspaces/${peer.id}/a2a`,
        padded({ jsonrpc: '2.0', id: 1, method: 'message/send', params: { message: message('x') } }, size),
      ),
    refusal: tooLarge,
  },
  {
    limit: 'memoryContentBytes',
    what: 'a memory',
    send: (size) => send(`/workspaces/${agent.id}/memories`, { content: 'm'.repeat(size), scope: 'LOCAL' }),
    refusal: { status: 413, text: /content is larger than 100000 bytes/ },
  },
  {
    limit: 'memoryTagChars',
    what: 'the tag of a memory',
    send: (size) =>
      send(`/workspaces/${agent.id}/memories`, { content: 'm', scope: 'LOCAL', namespace: 'n'.repeat(size) }),
    refusal: { status: 400, text: /namespace must be <= 50 characters/ },
  },
  {
    limit: 'memoryQueryChars',
    what: 'a question to memory',
    send: (size) => send(`/workspaces/${agent.id}/memories?q=${'q'.repeat(size)}`, undefined, 'GET'),
    refusal: { status: 400, text: /invalid query: q/ },
  },
  {
    limit: 'keyValueKeyChars',
    what: 'a key',
    send: (size) => send(`/workspaces/${agent.id}/memory`, { key: 'k'.repeat(size), value: 1 }),
    refusal: { status: 400, text: /key must be <= 256 characters/ },
  },
  {
    limit: 'keyValueBytes',
    what: 'a value, with its quotes',
    send: (size) => send(`/workspaces/${agent.id}/memory`, { key: 'k', value: 'v'.repeat(size - 2) }),
    refusal: tooLarge,
  },
  {
    limit: 'configPatchBytes',
    what: 'a patch of the settings document',
    send: (size) => send(`/workspaces/${agent.id}/config`, padded({}, size), 'PATCH'),
    refusal: { status: 413, text: /body too large or unreadable/ },
  },
  {
    limit: 'secretValueBytes',
    what: 'a secret',
    send: (size) => send(`/workspaces/${agent.id}/secrets`, { key: 'LONG', value: 'v'.repeat(size) }),
    refusal: { status: 400, text: /invalid request body/ },
  },
  {
    limit: 'approvalActionChars',
    what: 'the action of an approval',
    send: (size) => send(`/workspaces/${agent.id}/approvals`, { action: 'a'.repeat(size) }),
    refusal: { status: 400, text: /invalid request body/ },
  },
  {
    limit: 'approvalReasonChars',
    what: 'the reason of an approval',
    send: (size) => send(`/workspaces/${agent.id}/approvals`, { action: 'a', reason: 'r'.repeat(size) }),
    refusal: { status: 400, text: /invalid request body/ },
  },
  {
    limit: 'approvalContextBytes',
    what: 'the context of an approval',
    send: (size) =>
      send(`/workspaces/${agent.id}/approvals`, {
        action: 'a',
        context: JSON.parse(padded({}, size)) as Record<string, unknown>,
      }),
    refusal: { status: 400, text: /invalid request body/ },
  },
  {
    limit: 'orgTemplateBytes',
    what: 'an organisation template',
    send: (size) =>
      send(
        '/org/import',
        padded({ template: { name: 'o', workspaces: [{ name: 'w', external: true }] } }, size),
      ),
    refusal: tooLarge,
  },
  {
    limit: 'importNodes',
    what: 'workspaces of one import',
    send: (size) =>
      send('/org/import', {
        force: true,
        template: {
          name: `o${size}`,
          workspaces: Array.from({ length: size }, (_, at) => ({ name: `w${size}-${at}`, external: true })),
        },
      }),
    refusal: { status: 400, text: /500/ },
  },
];

/** Rows with a scenario of another shape below, or no HTTP edge of their own; where those are tested stands beside. */
const ELSEWHERE: Partial<Record<keyof typeof LIMITS, string>> = {
  activityDefault: 'below',
  activityMax: 'below',
  eventsDefault: 'below',
  eventsMax: 'below',
  tokensPerWorkspace: 'below',
  delegationsListed: 'below',
  delegationsInFlight: 'queue-limit.scenario.ts',
  delegationDepth: 'delegation-chains.scenario.ts',
  activityErrorChars: 'below',
  monthlySpendCentsMax: 'below',
  a2aResponseBytes: 'the agents that answer too much, bad-input.scenario.ts',
  queueDepth: 'queue-limit.scenario.ts',
  approvalsListed: 'below',
  approvalsListedMax: 'below',
  approvalsPending: 'below',
  orgTokenNameChars: 'org-tokens.scenario.ts',
  orgTokenMintsPerHour: 'org-tokens.scenario.ts',
  sessionSearchDefault: 'session-search.scenario.ts',
  sessionSearchMax: 'session-search.scenario.ts',
  sessionSearchRows: 'activity-search.db.test.ts',
  requestKeyChars: 'create-once.scenario.ts',
  orgTokens: 'org-token-store.db.test.ts',
  sessionDeviceChars: 'sessions.scenario.ts',
  secretNameChars: 'secrets.scenario.ts',
  filePathBytes: 'files.scenario.ts',
  uploadFiles: 'files.scenario.ts',
  logTailDefault: 'terminal.scenario.ts',
  logTailMax: 'terminal.scenario.ts',
  filesListed: 'live-files.test.ts',
  filesPerReplace: 'files.scenario.ts',
  fileReadBytes: 'files.scenario.ts',
  fileWriteBytes: 'files.scenario.ts',
  configTreeBytes: 'files.scenario.ts',
  uploadFileBytes: 'files.scenario.ts',
  uploadRequestBytes: 'files.scenario.ts',
  terminalsPerWorkspace: 'terminal.scenario.ts',
};

/** Bounds of loops, sockets, backends and stores: why no request meets their edge. */
const NOT_OVER_HTTP: Partial<Record<keyof typeof LIMITS, string>> = {
  orgArchiveBytes: 'an archive, see the tests of reading one',
  orgArchiveEntries: 'an archive, see the tests of reading one',
  orgArchiveEntryBytes: 'an archive, see the tests of reading one',
  sessionsListed: 'older ones are left out of the list, not refused',
  activitySummaryChars: 'longer summaries are cut, not refused',
  initialMemoryChars: 'longer memories of an import are cut, not refused',
  queueAttempts: 'attempts of the inbox, see its unit tests',
  restartWindowMs: 'a span of the start budget',
  restartsPerWindow: 'the start budget, see the dispatcher tests',
  socketBufferedEvents: 'what a slow follower may lag',
  startsInFlight: 'the dispatcher, see its tests',
  streamBufferedEvents: 'what a slow follower may lag',
  transcriptBytes: 'what an agent may answer, see the transcript scenario',
  workspaces: 'twenty thousand rows',
  hibernationIdleMinutes: 'larger numbers are cut, not refused',
  filesBodyBytes: 'the body of a file write; the file itself is refused earlier',
  uploadsKeptBytes: 'half a gigabyte of attachments',
  logFollowers: 'open answers of one workspace',
  terminalCells: 'larger screens fall back to the default',
  terminalEarlyFrames: 'what is typed before the shell is there',
  terminalBufferedBytes: 'what a slow screen may lag',
  bootLogTailBytes: 'longer tails are cut, see their unit tests',
  bootErrorChars: 'longer errors are cut, not refused',
  consoleBytes: 'longer consoles are cut, not refused',
  memoryOpaqueBytes: 'the wire of the memory plugin',
  memoryNamespaceChars: 'the wire of the memory plugin',
  memoryIdChars: 'the wire of the memory plugin',
  memoryBatch: 'the wire of the memory plugin',
  memoriesFound: 'larger numbers fall back to the default',
  memoriesFoundMax: 'larger numbers are cut, not refused',
  memoryNamespacesSearched: 'the wire of the memory plugin',
  memoriesImported: 'twenty thousand memories',
  provenanceChars: 'shown in memory-forgetting.scenario.ts',
  provenanceSubjects: 'shown in memory-forgetting.scenario.ts',
  provenanceSources: 'shown in memory-forgetting.scenario.ts',
  forgottenAtOnce: 'five thousand memories about one thing',
  memoriesScanned: 'a quarter of a million memories',
  receiptsListed: 'older ones are left out of the list, not refused',
  previewedItems: 'more are counted, not shown',
  suggestionsOpen: 'see hygiene-store.db.test.ts',
  suggestionsListed: 'larger numbers are cut, not refused',
  suggestionExcerptChars: 'longer ones are cut',
  hygieneRows: 'the budget of a round',
  memoriesBackfilled: 'two hundred rows: shown in memory-backfill.scenario.ts',
  memoryImportBytes: 'the body of an import',
  memoriesExported: 'a hundred thousand memories',
  unitEnvironmentBytes: 'what the variables of one unit may have in all, see unit-variables.test.ts',
  secretsPerScope: 'see secret-store.db.test.ts',
  configDocumentBytes: 'a document grown by many patches, see the store',
  configGenerations: 'older ones are dropped, not refused',
  autoRestarts: 'how many restarts for new configurations run at once',
  teamMembers: 'see the teams scenario',
  keyValuesPerWorkspace: 'ten thousand keys, see the store tests',
  keyValuesBytesPerWorkspace: 'megabytes of values, see the store tests',
};

describe('limits', () => {
  it.each(EDGES)('$limit: $what passes at the limit and is refused beyond it', async (edge) => {
    // A body's own brackets count too.
    const max = edge.limit === 'jsonDepth' ? LIMITS.jsonDepth : LIMITS[edge.limit];
    const within = await edge.send(max);
    expect(within.status, within.text.slice(0, 200)).toBeLessThan(300);
    const beyond = await edge.send(max + 1);
    expect(beyond.status, beyond.text.slice(0, 200)).toBe(edge.refusal.status);
    expect(beyond.text).toMatch(edge.refusal.text);
  });

  it('names where each other row is tested, or that no route has it', () => {
    const known = new Set([
      ...EDGES.map(({ limit }) => limit),
      ...Object.keys(ELSEWHERE),
      ...Object.keys(NOT_OVER_HTTP),
    ]);
    const rest = Object.keys(LIMITS).filter((name) => !known.has(name as keyof typeof LIMITS));
    expect(rest).toEqual([]);
  });

  it('activity: 100 rows unless asked, 500 at most, the default for what is no number', async () => {
    for (let at = 0; at < LIMITS.activityMax + 5; at += 50) {
      await Promise.all(
        Array.from({ length: 50 }, () =>
          send(`/workspaces/${agent.id}/activity`, { activity_type: 'agent_log' }),
        ),
      );
    }
    const count = async (query: string) => (await read(`/workspaces/${agent.id}/activity${query}`)).length;
    expect(await count('')).toBe(LIMITS.activityDefault);
    expect(await count(`?limit=${LIMITS.activityMax}`)).toBe(LIMITS.activityMax);
    expect(await count(`?limit=${LIMITS.activityMax + 1}`)).toBe(LIMITS.activityMax);
    for (const bad of ['0', '-1', 'x', '1.5', ''])
      expect(await count(`?limit=${bad}`), bad).toBe(LIMITS.activityDefault);
    expect(await count('?limit=1')).toBe(1);
  });

  it(verifies('core.13.1-query', 'events: 100 rows unless asked, 500 at most'), async () => {
    for (let at = 0; at < LIMITS.eventsMax + 5; at += 20) {
      const card = { workspace_id: peer.id, agent_card: { name: `card ${at}` } };
      await Promise.all(Array.from({ length: 20 }, () => send('/registry/update-card', card)));
    }
    expect(await read('/events')).toHaveLength(LIMITS.eventsDefault);
    expect(await read(`/events?limit=${LIMITS.eventsMax}`)).toHaveLength(LIMITS.eventsMax);
    expect(await read(`/events?limit=${LIMITS.eventsMax + 1}`)).toHaveLength(LIMITS.eventsMax);
    expect(await read('/events?since_seq=0')).toHaveLength(LIMITS.eventsMax);
  });

  it('tokens: the fiftieth is minted, the next is refused, also when many ask at once', async () => {
    const full = await addExternalAgent(tenant, 'full of tokens');
    const path = `/workspaces/${full.id}/tokens`;
    const answers = await Promise.all(
      Array.from({ length: LIMITS.tokensPerWorkspace + 10 }, () => send(path, undefined)),
    );
    // One it has from its creation.
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(LIMITS.tokensPerWorkspace - 1);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(11);
    expect(refused[0]?.text).toContain('maximum 50 active tokens per workspace');
    const { count } = await tenant.asAdmin<{ count: number }>(`${path}?limit=200`);
    expect(count).toBe(LIMITS.tokensPerWorkspace);
  });

  it('approvals: 100 of a workspace wait, the next is refused; 50 are listed unless asked, 500 at most', async () => {
    const asking = await Promise.all(
      [1, 2, 3, 4, 5, 6].map((at) => addExternalAgent(tenant, `asks much ${at}`)),
    );
    const ask = (id: string) => send(`/workspaces/${id}/approvals`, { action: 'a' });
    for (const { id } of asking) {
      const answers = await Promise.all(Array.from({ length: LIMITS.approvalsPending + 1 }, () => ask(id)));
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(LIMITS.approvalsPending);
      expect(answers.find(({ status }) => status !== 201)?.status).toBe(429);
    }
    const own = `/workspaces/${asking[0]?.id}/approvals`;
    expect(await read(own)).toHaveLength(LIMITS.approvalsListed);
    expect(await read(`${own}?limit=${LIMITS.approvalsPending}`)).toHaveLength(LIMITS.approvalsPending);
    for (const limit of [LIMITS.approvalsListedMax, LIMITS.approvalsListedMax + 1]) {
      expect(await read(`/approvals/pending?limit=${limit}`)).toHaveLength(LIMITS.approvalsListedMax);
    }
    expect(await read('/approvals/pending')).toHaveLength(LIMITS.approvalsListed);
  });

  it(verifies('core.8-list', 'delegations: 50 are listed'), async () => {
    const source = await addExternalAgent(tenant, 'delegates much');
    await Promise.all(
      Array.from({ length: LIMITS.delegationsListed + 5 }, (_, at) =>
        send(`/workspaces/${source.id}/delegations/record`, {
          target_id: peer.id,
          task: 't',
          delegation_id: `listed-${at}`,
        }),
      ),
    );
    expect(await read(`/workspaces/${source.id}/delegations`)).toHaveLength(LIMITS.delegationsListed);
  });

  it('heartbeats: numbers and texts are clamped, not refused', async () => {
    const beat = (fields: Record<string, unknown>) =>
      send('/registry/heartbeat', { workspace_id: agent.id, ...fields });
    const view = async () => {
      const all = await tenant.asAdmin<Record<string, unknown>[]>('/workspaces');
      return all.find(({ id }) => id === agent.id) ?? {};
    };
    await beat({
      monthly_spend: LIMITS.monthlySpendCentsMax + 1,
      sample_error: 'e'.repeat(LIMITS.activityErrorChars + 1),
      error_rate: 7,
    });
    const high = await view();
    expect(high.monthly_spend).toBe(LIMITS.monthlySpendCentsMax);
    expect(high.last_sample_error).toHaveLength(LIMITS.activityErrorChars);
    expect(high.last_error_rate).toBe(1);
    await beat({ monthly_spend: 0, sample_error: '', error_rate: -1 });
    const low = await view();
    expect([low.monthly_spend, low.last_sample_error, low.last_error_rate]).toEqual([
      LIMITS.monthlySpendCentsMax,
      '',
      0,
    ]);
  });
});
