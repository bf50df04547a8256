// Authorisation matrix: every operation of the running tenant × principals × workspaces, against an independent oracle.
//
//   M1. The operations are those that the tenant publishes; one without a row in the oracle fails the scenario.
//   M2. A refusal writes nothing: events, activity, tokens, fields and inboxes are the same before and after.
//   M3. What one may not see answers, byte by byte, like what never existed.

import { randomUUID } from 'node:crypto';
import {
  expectVerdict,
  ORACLE,
  type Parents,
  type Principal,
  type Target,
  type Verdict,
} from '@molecule/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  addExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

interface Operation {
  name: string;
  method: string;
  path: string;
}

interface Actor extends Principal {
  headers: Record<string, string>;
}

interface Cell {
  operation: Operation;
  actor: Actor;
  target: Target | null;
  expected: Verdict;
}

const GLOBAL_SECRET_WRITES = [
  'putGlobalSecret',
  'setGlobalSecret',
  'adminPutGlobalSecret',
  'adminSetGlobalSecret',
];
const GONE_CURSOR = '00000000-0000-0000-0000-00000000abcd';

let tenant: ScenarioTenant;
let operations: Operation[] = [];
let actors: Actor[] = [];
let targets: Target[] = [];
const parents: Map<string, string | null> = new Map();
const ids: Record<string, string> = {};

beforeAll(async () => {
  tenant = await startScenarioTenant();
  await buildCast();
  operations = await readOperations();
});

afterAll(() => tenant?.stop());

/** root → manager → {own → child, sibling, removed}; root → cousins' manager → cousin. Everybody has one more below. */
async function buildCast(): Promise<void> {
  const tokens: Record<string, string> = {};
  const add = async (name: string, parent: string | null) => {
    const agent = await addExternalAgent(tenant, name, parent === null ? null : (ids[parent] ?? null));
    ids[name] = agent.id;
    tokens[name] = agent.token;
    parents.set(agent.id, parent === null ? null : (ids[parent] ?? null));
  };
  await add('root', null);
  await add('manager', 'root');
  await add('uncle', 'root');
  for (const name of ['own', 'sibling', 'removed']) await add(name, 'manager');
  await add('cousin', 'uncle');
  await add('child', 'own');
  // With somebody below, an unconfirmed delete passes the gate and yet removes nothing.
  for (const name of ['sibling', 'cousin', 'child']) await add(`below ${name}`, name);

  const revoked = await mintAndRevoke(ids.own ?? '');
  await tenant.asAdmin(`/workspaces/${ids.removed}`, { method: 'DELETE' });
  const session = await signIn();
  const ended = await signIn();
  await tenant.call('/auth/sign-out', { method: 'POST', headers: { cookie: ended } });
  const own = ids.own ?? '';

  const nobody = { proves: 'anonymous', workspaceId: null, names: null } as const;
  const wrong = { proves: 'invalid', workspaceId: null, names: own } as const;
  const bearer = (token: string | undefined) => ({ authorization: `Bearer ${token}` });
  const workspaceActor = (name: string, who: string): Actor => ({
    name,
    proves: 'workspace',
    workspaceId: ids[who] ?? '',
    names: ids[who] ?? '',
    headers: bearer(tokens[who]),
  });
  actors = [
    { ...nobody, name: 'anonymous', headers: {} },
    { ...wrong, name: 'wrong bearer', headers: bearer('x'.repeat(50)) },
    { ...nobody, name: 'malformed bearer', headers: { authorization: `Token ${tokens.own}` } },
    { ...nobody, name: 'lower-case bearer', headers: { authorization: `bearer ${tokens.own}` } },
    {
      ...nobody,
      name: 'basic with the admin token',
      headers: { authorization: `Basic ${tenant.adminToken}` },
    },
    { ...nobody, name: 'admin token in the address only', headers: { 'x-admin-token': tenant.adminToken } },
    { ...wrong, name: 'revoked token', headers: bearer(revoked) },
    {
      name: "removed workspace's token",
      proves: 'removed_workspace',
      workspaceId: ids.removed ?? '',
      names: ids.removed ?? '',
      headers: bearer(tokens.removed),
    },
    workspaceActor('own token', 'own'),
    { ...workspaceActor('own token without a header', 'own'), names: null },
    { ...workspaceActor('own token, second header', 'own'), headers: bearer(tokens.own) },
    workspaceActor("parent's token", 'manager'),
    workspaceActor("child's token", 'child'),
    workspaceActor("sibling's token", 'sibling'),
    workspaceActor("cousin's token", 'cousin'),
    workspaceActor("root's token", 'root'),
    { ...workspaceActor('own token that names the sibling', 'own'), names: ids.sibling ?? '' },
    { ...nobody, name: 'admin token', proves: 'admin_token', headers: bearer(tenant.adminToken) },
    { ...nobody, name: 'session', proves: 'session', headers: { cookie: session } },
    { ...wrong, name: 'ended session', names: null, headers: { cookie: ended } },
    {
      ...nobody,
      name: 'session from another site',
      isCrossSite: true,
      headers: { cookie: session, origin: 'https://evil.example' },
    },
    {
      ...nobody,
      name: 'session from another site by Sec-Fetch-Site',
      headers: { cookie: session, 'sec-fetch-site': 'cross-site' },
    },
    {
      ...nobody,
      name: 'forged same-origin headers',
      headers: { origin: tenant.url, referer: `${tenant.url}/`, 'sec-fetch-site': 'same-origin' },
    },
    { ...nobody, name: 'forged X-Workspace-ID', names: own, headers: {} },
    { ...nobody, name: 'system caller id', names: 'system:scheduler', headers: {} },
  ];
  const orgToken = await tenant.call('/org/tokens', {
    method: 'POST',
    headers: bearer(tenant.adminToken),
    body: {},
  });
  if (orgToken.status < 300) {
    const minted = JSON.parse(orgToken.text) as { auth_token: string };
    // First of all, so that it may revoke itself along with the others before anybody else does.
    actors.unshift({ ...nobody, name: 'org token', proves: 'org_token', headers: bearer(minted.auth_token) });
    const other = await tenant.asAdmin<{ id: string; auth_token: string }>('/org/tokens', {
      method: 'POST',
      body: {},
    });
    await tenant.asAdmin(`/org/tokens/${other.id}`, { method: 'DELETE' });
    actors.push({ ...wrong, name: 'revoked org token', headers: bearer(other.auth_token) });
  }
  targets = [
    { name: 'own', id: own, is: 'live' },
    { name: "sibling's", id: ids.sibling ?? '', is: 'live' },
    { name: "cousin's", id: ids.cousin ?? '', is: 'live' },
    { name: 'removed', id: ids.removed ?? '', is: 'removed' },
    { name: 'unknown', id: randomUUID(), is: 'unknown' },
    { name: 'not a uuid', id: 'not-a-uuid', is: 'malformed' },
  ];
}

async function mintAndRevoke(id: string): Promise<string> {
  const minted = await tenant.asAdmin<{ auth_token: string; prefix: string }>(`/workspaces/${id}/tokens`, {
    method: 'POST',
  });
  const { tokens } = await tenant.asAdmin<{ tokens: { id: string; prefix: string }[] }>(
    `/workspaces/${id}/tokens`,
  );
  const row = tokens.find(({ prefix }) => prefix === minted.prefix);
  await tenant.asAdmin(`/workspaces/${id}/tokens/${row?.id}`, { method: 'DELETE' });
  return minted.auth_token;
}

async function signIn(): Promise<string> {
  const answer = await tenant.call('/auth/sign-in', { method: 'POST', body: { token: tenant.adminToken } });
  return (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

async function renew(actor: Actor): Promise<void> {
  if (actor.proves === 'session') actor.headers = { cookie: await signIn() };
  if (actor.proves !== 'org_token') return;
  const minted = await tenant.asAdmin<{ auth_token: string }>('/org/tokens', { method: 'POST', body: {} });
  actor.headers = { authorization: `Bearer ${minted.auth_token}` };
}

async function readOperations(): Promise<Operation[]> {
  const { text } = await tenant.call('/openapi.json');
  const { paths } = JSON.parse(text) as { paths: Record<string, Record<string, { operationId?: string }>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { operationId }]) =>
      operationId ? [{ name: operationId, method: method.toUpperCase(), path }] : [],
    ),
  );
}

/** Bodies of the right shape; `id` is the workspace that the cell is about. */
function bodyOf(operation: string, id: string, who: Actor): unknown {
  const card = { agent_card: { name: 'matrix' } };
  const message = { role: 'user', messageId: randomUUID(), parts: [{ kind: 'text', text: 'hello' }] };
  const bodies: Record<string, unknown> = {
    createWorkspace: { name: 'made by the matrix', external: true },
    updateWorkspace: { x: 1, y: 2 },
    assignAgent: { model: 'matrix' },
    replaceAgent: { model: 'matrix' },
    moveAgent: { target_workspace_id: id },
    changeBudget: { budget_limit: null },
    register: { id, ...card, delivery_mode: 'poll' },
    heartbeat: { workspace_id: id },
    updateCard: { workspace_id: id, ...card },
    checkAccess: { caller_id: who.workspaceId ?? ids.own, target_id: id },
    relayMessage: { jsonrpc: '2.0', id: '1', method: 'message/send', params: { message } },
    delegate: { target_id: ids.root, task: 'count' },
    recordDelegation: { target_id: ids.root, task: 'count', delegation_id: randomUUID() },
    updateDelegation: { status: 'completed' },
    logActivity: { activity_type: 'agent_log', summary: 'matrix' },
    notify: { message: 'hello' },
    requestApproval: { action: 'count' },
    decideApproval: { decision: 'denied' },
    reportBootstrapFailed: {},
    createMemory: { content: 'matrix', scope: 'LOCAL' },
    commitMemory: { content: 'matrix' },
    setKeyValue: { key: 'matrix', value: 1 },
    importMemories: [],
    backfillMemories: { mode: 'dry-run', rows: [] },
    previewForgetting: { subject: { kind: 'message', value: 'matrix' } },
    forgetBySubject: { subject: { kind: 'message', value: 'matrix' }, confirm: 'matrix' },
    decideSuggestions: { ids: [randomUUID()], decision: 'dismiss' },
    runHygiene: {},
    editMemory: { pin: true },
    importOrganisation: {},
    ...Object.fromEntries(
      ['setSecret', 'putSecret', ...GLOBAL_SECRET_WRITES].map((name) => [
        name,
        { key: 'A_KEY', value: 'matrix' },
      ]),
    ),
    setModel: { model: 'provider:model' },
    updateConfig: { from: 'matrix' },
    validateSecret: { provider: 'openai', key: 'matrix' },
    saveViewport: { x: 0, y: 0, zoom: 1 },
    writeFile: { content: 'counted' },
    replaceFiles: { files: { 'notes.md': 'counted' } },
    importTemplate: { name: `made by the matrix ${randomUUID()}`, files: { 'system-prompt.md': 'Count.' } },
    importOrg: { dir: 'no-such-template' },
    signIn: { token: tenant.adminToken },
  };
  return bodies[operation];
}

const namesInBody = new Set(['register', 'heartbeat', 'updateCard', 'checkAccess', 'explainAccess']);

function isAboutAWorkspace({ name, path }: Operation): boolean {
  return namesInBody.has(name) || name === 'listActivityByQuery' || /\{(id|workspaceId)\}/.test(path);
}

/** Admin-class callers of discover name the workspace for which they ask; nobody else needs the header to be heard. */
function nameOf(actor: Actor, operation: Operation): string | null {
  const isAdminClass = ['admin_token', 'org_token', 'session'].includes(actor.proves);
  return actor.names ?? (operation.name === 'discover' && isAdminClass ? (ids.own ?? null) : null);
}

function cellsOf(operation: Operation): Cell[] {
  const row = ORACLE.get(operation.name);
  if (!row) return [];
  return actors.flatMap((actor) =>
    (isAboutAWorkspace(operation) ? targets : [null]).map((target) => {
      const who = { ...actor, names: nameOf(actor, operation) };
      return { operation, actor: who, target, expected: expectVerdict(row, who, target, parents as Parents) };
    }),
  );
}

function send({ operation, actor, target }: Cell): Promise<Answer> {
  const id = target?.id ?? '';
  const path = operation.path
    .replace(/\{(id|workspaceId)\}/, id)
    .replace('{path}', 'notes.md')
    .replace(/\{(tokenId|sessionId|delegation_id)\}/, GONE_CURSOR);
  const queries: Record<string, string> = {
    explainAccess: `?from=${actor.workspaceId ?? ids.own}&to=${id}`,
    listActivityByQuery: `?workspace_id=${id}`,
  };
  return tenant.call(path + (queries[operation.name] ?? ''), {
    method: operation.method,
    headers: { ...(actor.names === null ? {} : { 'x-workspace-id': actor.names }), ...actor.headers },
    body: bodyOf(operation.name, id, actor),
  });
}

/** What the answer says of the caller's right, read from its status and its text. */
function classify({ status, text }: Answer): Verdict {
  if (status === 401 || status === 403) return `${status}`;
  if (status === 410) return '410';
  if (status === 400 && /invalid workspace ID|must be a UUID|X-Workspace-ID header is required/.test(text))
    return '400';
  if (status === 404 && /"workspace not found"|"deleted":true/.test(text)) return 'unknown';
  return 'pass';
}

function describeCell({ operation, actor, target, expected }: Cell, got: string): string {
  return `${operation.name} × ${actor.name} × ${target?.name ?? '-'}: expected ${expected}, got ${got}`;
}

/** Everything that a write would change, as text. */
async function snapshot(): Promise<string> {
  const live = await tenant.asAdmin<Record<string, unknown>[]>('/workspaces');
  const [events, viewport, secrets, orgTokens, sessions, ...perWorkspace] = await Promise.all([
    tenant.asAdmin<unknown[]>('/events?limit=5'),
    tenant.asAdmin('/canvas/viewport'),
    tenant.asAdmin('/settings/secrets'),
    tenant
      .asAdmin<{ tokens: { id: string }[] }>('/org/tokens')
      .then(({ tokens }) => tokens.map(({ id }) => id)),
    tenant.asAdmin('/admin/sessions'),
    ...live.flatMap(({ id }) => [
      tenant
        .asAdmin<{ id: string }[]>(`/workspaces/${id}/activity?limit=500`)
        .then((rows) => rows.map((row) => row.id)),
      tenant
        .asAdmin<{ tokens: { id: string }[] }>(`/workspaces/${id}/tokens?limit=200`)
        .then(({ tokens }) => tokens.map((token) => token.id)),
      tenant.asAdmin(`/workspaces/${id}/delegations`),
      tenant.asAdmin(`/workspaces/${id}/secrets`),
    ]),
  ]);
  return JSON.stringify([live, events, viewport, secrets, orgTokens, sessions, perWorkspace]);
}

/** Delegations and events settle in the background; a comparison needs a still house. */
async function untilStill(): Promise<void> {
  let last = '';
  await until('the tenant is still', async () => {
    const now = await snapshot();
    const isStill = now === last;
    last = now;
    return isStill;
  });
}

/** Some twelve thousand calls, one after the other. */
const WHOLE_TABLE_MS = 600_000;

describe('authorisation matrix', () => {
  it('knows every operation that the tenant publishes', () => {
    expect(operations.length).toBeGreaterThan(40);
    expect(operations.filter(({ name }) => !ORACLE.has(name)).map(({ name }) => name)).toEqual([]);
  });

  it('would notice what a refused call wrote', async () => {
    const before = await snapshot();
    await tenant.asAdmin(`/workspaces/${ids.own}/activity`, {
      method: 'POST',
      body: { activity_type: 'agent_log' },
    });
    expect(await snapshot()).not.toBe(before);
  });

  it(
    'refuses whom the contract refuses, alike for hidden and unknown workspaces, and writes nothing',
    async () => {
      await untilStill();
      const disagreements: string[] = [];
      let cells = 0;
      for (const operation of operations) {
        const before = await snapshot();
        const answers = new Map<string, { cell: Cell; answer: Answer }>();
        for (const cell of cellsOf(operation).filter(({ expected }) => expected !== 'pass')) {
          const answer = await send(cell);
          cells++;
          const got = classify(answer);
          if (got !== cell.expected) {
            disagreements.push(describeCell(cell, `${answer.status} ${answer.text.slice(0, 120)}`));
          }
          answers.set(`${cell.actor.name}/${cell.target?.name}`, { cell, answer });
        }
        disagreements.push(...findTelltales(answers));
        if ((await snapshot()) !== before)
          disagreements.push(`${operation.name}: a refused call wrote something`);
      }
      console.info(
        `authorisation matrix: ${cells} refusals over ${operations.length} operations and ${actors.length} principals`,
      );
      expect(cells).toBeGreaterThan(2_000);
      expect(disagreements).toEqual([]);
    },
    WHOLE_TABLE_MS,
  );

  it(
    'passes whom the contract passes',
    async () => {
      const disagreements: string[] = [];
      let cells = 0;
      // What ends the credentials that the others still need comes last, with fresh ones for each.
      const endsCredentials = ['revokeAllOrgTokens', 'revokeOtherSessions', 'signOut'];
      const last = ['collapseTeam', ...endsCredentials];
      const ordered = [...operations].sort((a, b) => last.indexOf(a.name) - last.indexOf(b.name));
      for (const operation of ordered) {
        for (const cell of cellsOf(operation).filter(({ expected }) => expected === 'pass')) {
          if (endsCredentials.includes(operation.name)) await renew(cell.actor);
          const answer = await send(cell);
          cells++;
          const got = classify(answer);
          if (got !== 'pass' || (answer.status >= 500 && ![501, 503].includes(answer.status))) {
            disagreements.push(describeCell(cell, `${answer.status} ${answer.text.slice(0, 120)}`));
          }
        }
      }
      console.info(`authorisation matrix: ${cells} calls passed`);
      expect(cells).toBeGreaterThan(500);
      expect(disagreements).toEqual([]);
    },
    WHOLE_TABLE_MS,
  );
});

/** M3: where both are refused in the same way, nothing tells a hidden workspace from one that never existed. */
function findTelltales(answers: Map<string, { cell: Cell; answer: Answer }>): string[] {
  const bare = ({ cell, answer }: { cell: Cell; answer: Answer }) =>
    `${answer.status} ${answer.headers.get('content-type')} ${answer.text.replaceAll(cell.target?.id ?? '-', '<id>')}`;
  const mayNotSeeAll = actors.filter(
    ({ proves }) => !['admin_token', 'org_token', 'session'].includes(proves),
  );
  return mayNotSeeAll.flatMap((actor) => {
    const unknown = answers.get(`${actor.name}/unknown`);
    if (!unknown) return [];
    return ["sibling's", "cousin's"].flatMap((name) => {
      const hidden = answers.get(`${actor.name}/${name}`);
      // What is one's own is not hidden.
      if (!hidden || hidden.cell.target?.id === actor.workspaceId) return [];
      if (bare(hidden) === bare(unknown)) return [];
      return [
        `${hidden.cell.operation.name} × ${actor.name}: ${name} answers ${bare(hidden)}, unknown ${bare(unknown)}`,
      ];
    });
  });
}
