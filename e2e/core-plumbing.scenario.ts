// Core plumbing: what every answer carries, who may call from where and how often, how large a body may be, what is measured.

import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WORKSPACE_STATUSES } from '@molecule/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { verifies } from './requirements.ts';
import { startBadAgent } from './support/bad-agents.ts';
import { bearer, bodyOf, exchange, type Row, type Send, sendAs } from './support/exchange.ts';
import { environmentOf, processesOf } from './support/processes.ts';
import {
  type Answer,
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
  until,
} from './support/tenant.ts';

const ORG = '7c1f1d7e-6a67-4a5b-9c58-0d2f5d1b6a11';
const MEBIBYTE = 1024 * 1024;

let tenant: ScenarioTenant;
let agent: ExternalAgent;
let asAdmin: Send;
let asAgent: Send;
let asNobody: Send;

beforeAll(async () => {
  tenant = await startScenarioTenant({ CORS_ORIGINS: ' https://canvas.example , https://other.example ' });
  agent = await addExternalAgent(tenant, 'plumbed');
  asAdmin = sendAs(tenant, bearer(tenant.adminToken));
  asAgent = sendAs(tenant, bearer(agent.token));
  asNobody = sendAs(tenant, {});
});

afterAll(() => tenant?.stop());

/** As another machine would: from an address of its own. */
function statusFrom(base: string, path: string, localAddress: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = get(base + path, { localAddress, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', reject);
  });
}

/** A JSON body of exactly this many bytes. */
function padded(body: Record<string, unknown>, bytes: number): string {
  const bare = JSON.stringify({ ...body, padding: '' });
  return JSON.stringify({ ...body, padding: 'x'.repeat(bytes - bare.length) });
}

const hello = {
  jsonrpc: '2.0',
  id: 1,
  method: 'message/send',
  params: { message: { role: 'user', parts: [{ kind: 'text', text: 'hello' }] } },
};
const headersOf = async (answer: Promise<Answer>) => Object.fromEntries((await answer).headers);

const COMMON: [title: string, header: string, value: string][] = [
  [
    verifies('core.1.2-content-type-options', 'content types are not guessed'),
    'x-content-type-options',
    'nosniff',
  ],
  [verifies('core.1.2-frame-options', 'nothing may be framed'), 'x-frame-options', 'DENY'],
  [
    verifies('core.1.2-transport-security', 'browsers stay on https'),
    'strict-transport-security',
    'max-age=31536000; includeSubDomains',
  ],
  [
    verifies('core.1.2-referrer-policy', 'other sites learn the origin only'),
    'referrer-policy',
    'strict-origin-when-cross-origin',
  ],
  [
    verifies('core.1.2-permissions-policy', 'no camera, microphone or place'),
    'permissions-policy',
    'camera=(), microphone=(), geolocation=()',
  ],
];

describe('security headers', () => {
  it.each(COMMON)('%s', async (_title, header, value) => {
    const answers = await Promise.all([
      asNobody('GET', '/health'),
      asAdmin('GET', '/workspaces'),
      asNobody('GET', '/', undefined, { accept: 'text/html' }),
      asAdmin('DELETE', `/workspaces/${crypto.randomUUID()}`),
    ]);
    expect(answers.map(({ headers }) => headers.get(header))).toEqual([value, value, value, value]);
  });

  it(verifies('core.1.1-headers-first', 'are on refusals of every stage'), async () => {
    const tight = await startScenarioTenant({ RATE_LIMIT: '1', MOLECULE_ORG_ID: ORG });
    try {
      const anyone = sendAs(tight, {});
      const guarded = await anyone('GET', '/workspaces');
      const limited = await anyone('GET', '/workspaces');
      const refused = await asNobody('GET', '/workspaces');
      const unknown = await asNobody('GET', '/workspaces/x/no-such-thing');
      const large = await asAgent('POST', '/registry/heartbeat', padded({}, MEBIBYTE + 1));
      const all = [guarded, limited, refused, unknown, large];
      expect(all.map(({ status }) => status)).toEqual([404, 429, 401, 404, 413]);
      for (const answer of all) {
        expect(answer.headers.get('x-frame-options')).toBe('DENY');
        expect(answer.headers.get('content-security-policy')).toBe("default-src 'self'");
      }
      const metrics = (await anyone('GET', '/metrics')).text;
      expect(metrics, verifies('core.1.1-counted', 'refusals count')).toMatch(
        /molecule_http_requests_total\{method="GET",path="\/workspaces",status="429"\} 1/,
      );
    } finally {
      await tight.stop();
    }
  });

  const API_PATHS = [
    '/workspaces /registry /health /admin /metrics /settings /bundles /org /orgs /templates /plugins /webhooks',
    '/channels /ws /events /approvals /canvas /instructions /cp',
  ].flatMap((line) => line.split(' '));

  it(
    verifies('core.1.2-api-policy', 'give paths of the server the strict policy, at path boundaries'),
    async () => {
      for (const path of API_PATHS.flatMap((prefix) => [prefix, `${prefix}/below`])) {
        const { headers } = await asNobody('GET', path);
        expect([path, headers.get('content-security-policy')]).toEqual([path, "default-src 'self'"]);
      }
      for (const path of ['/', '/workspaces-of-others', '/eventsx', '/assets/x.js']) {
        const { headers } = await asNobody('GET', path);
        expect([path, headers.get('content-security-policy')]).toEqual([
          path,
          expect.stringContaining('connect-src'),
        ]);
      }
    },
  );

  it(verifies('core.1.2-page-policy', 'give pages a policy without inline code'), async () => {
    const policy = (await asNobody('GET', '/')).headers.get('content-security-policy') ?? '';
    for (const part of [
      "default-src 'self'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data: blob:",
      "connect-src 'self' ws: wss:",
      "font-src 'self' data:",
    ]) {
      expect(policy.split('; ')).toContain(part);
    }
    expect(policy).not.toContain('unsafe-inline');
  });
});

describe('what no route answers', () => {
  const ROWS: Row[] = [
    [
      verifies('core.1.1-unknown-route', 'below a known prefix'),
      () => asAdmin('GET', '/registry/x/y/z'),
      404,
      'not found',
    ],
    [
      verifies('core.1.1-unknown-route', 'at the top'),
      () => asAdmin('GET', '/no-such-thing'),
      404,
      'not found',
    ],
    [
      verifies('core.1.1-unknown-route', 'a method that the path has not'),
      () => asAdmin('PUT', '/workspaces', {}),
      404,
      'not found',
    ],
    [
      verifies('core.1.1-unknown-route', 'a method that no path has'),
      () => asAdmin('QUERY', '/workspaces'),
      404,
      'not found',
    ],
    [
      verifies('core.1.1-unknown-route', 'a content type that means nothing'),
      () => asAdmin('POST', '/workspaces', { name: 'x' }, { 'content-type': 'garbage' }),
      415,
      'the content type cannot be read',
    ],
  ];
  it.each(ROWS)('%s', exchange);
});

describe('the published document', () => {
  it('is the one of the repository', async () => {
    const kept = readFileSync(join(import.meta.dirname, '../docs/reference/openapi.json'), 'utf8');
    expect(bodyOf(await asNobody('GET', '/openapi.json'))).toEqual(JSON.parse(kept));
  });
});

describe('where it listens', () => {
  it(verifies('core.1.1-listen', 'is loopback at the chosen port, or the chosen address'), async () => {
    const { port } = new URL(tenant.url);
    const isHeardAt = (host: string, at: string) =>
      fetch(`http://${host}:${at}/health`).then(
        (response) => response.ok,
        () => false,
      );
    expect([await isHeardAt('127.0.0.1', port), await isHeardAt('127.0.0.2', port)]).toEqual([true, false]);
    const other = await startScenarioTenant({ HOST: '127.0.0.2' });
    try {
      const taken = new URL(other.url).port;
      expect([await isHeardAt('127.0.0.1', taken), await isHeardAt('127.0.0.2', taken)]).toEqual([
        false,
        true,
      ]);
    } finally {
      await other.stop();
    }
  });
});

describe('cross-origin calls', () => {
  const preflight = (origin: string, base: Pick<ScenarioTenant, 'url'> = tenant) =>
    sendAs(base, {})('OPTIONS', '/workspaces', undefined, {
      origin,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization',
    });
  const list = (text: string | null | undefined) =>
    (text ?? '')
      .toLowerCase()
      .split(',')
      .map((entry) => entry.trim())
      .sort();

  it(
    verifies('core.1.3-origins', 'are allowed from each listed origin, trimmed, and from no other'),
    async () => {
      for (const origin of ['https://canvas.example', 'https://other.example']) {
        expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBe(origin);
        const { headers } = await asNobody('GET', '/health', undefined, { origin });
        expect(headers.get('access-control-allow-origin')).toBe(origin);
      }
      for (const origin of [
        'https://canvas.example.evil',
        'http://canvas.example',
        'http://localhost:3000',
      ]) {
        expect((await preflight(origin)).headers.get('access-control-allow-origin')).toBeNull();
      }
    },
  );

  it(verifies('core.1.3-default-origins', 'are allowed from the two local ones unless set'), async () => {
    const plain = await startScenarioTenant();
    try {
      for (const origin of ['http://localhost:3000', 'http://localhost:3001'])
        expect((await preflight(origin, plain)).headers.get('access-control-allow-origin')).toBe(origin);
      const other = await preflight('http://localhost:3002', plain);
      expect(other.headers.get('access-control-allow-origin')).toBeNull();
    } finally {
      await plain.stop();
    }
  });

  it(
    verifies(
      ['core.1.3-preflight', 'core.1.3-methods', 'core.1.3-headers', 'core.1.3-credentials'],
      'ask first and learn methods, headers and that credentials may come along',
    ),
    async () => {
      const answer = await preflight('https://canvas.example');
      expect(answer.status).toBe(204);
      expect(list(answer.headers.get('access-control-allow-methods'))).toEqual(
        list('GET,POST,PUT,PATCH,DELETE,OPTIONS'),
      );
      expect(list(answer.headers.get('access-control-allow-headers'))).toEqual(
        list(
          'Origin,Content-Type,X-Workspace-ID,Authorization,X-Molecule-Org-Id,X-Molecule-Org-Slug,X-Timeout,X-Source-Workspace-Id,X-Confirm-Name,Idempotency-Key',
        ),
      );
      expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
    },
  );

  it(verifies('core.1.3-exposed', 'may read how long to wait'), async () => {
    const { headers } = await asNobody('GET', '/health', undefined, { origin: 'https://canvas.example' });
    expect(list(headers.get('access-control-expose-headers'))).toEqual(
      list('Retry-After,X-RateLimit-Limit,X-RateLimit-Remaining,X-RateLimit-Reset'),
    );
  });
});

describe('the rate limit', () => {
  let tight: ScenarioTenant;
  let inside: ExternalAgent;
  let usedUpAt = 0;
  const budgetOf = (answer: Answer) => [
    answer.headers.get('x-ratelimit-limit'),
    answer.headers.get('x-ratelimit-remaining'),
  ];
  const first = (answers: readonly Answer[]) => answers.map(({ status }) => status);

  beforeAll(async () => {
    tight = await startScenarioTenant({ RATE_LIMIT: '10' });
    inside = await addExternalAgent(tight, 'busy');
  });
  afterAll(() => tight?.stop());

  it(
    verifies(
      ['core.1.4-budget', 'core.1.4-headers', 'core.1.4-refusal', 'core.1.1-client-address'],
      'passes the tenth call of an address and refuses the eleventh, whatever X-Forwarded-For says',
    ),
    async () => {
      const anyone = sendAs(tight, {});
      const answers: Answer[] = [];
      for (let at = 0; at < 12; at++) {
        const headers = { 'x-forwarded-for': `203.0.113.${at}`, 'x-real-ip': `203.0.113.${at}` };
        answers.push(await anyone('GET', '/canvas/viewport', undefined, headers));
      }
      usedUpAt = Date.now();
      expect(first(answers)).toEqual([...Array(10).fill(200), 429, 429]);
      expect(answers.map(budgetOf)).toEqual(
        [9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0].map((left) => ['10', String(left)]),
      );
      const refused = answers.at(-1) as Answer;
      const seconds = Number(refused.headers.get('retry-after'));
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(60);
      expect(refused.headers.get('x-ratelimit-reset')).toBe(String(seconds));
      expect(bodyOf(refused)).toMatchObject({ error: 'rate limit exceeded', retry_after: seconds });
    },
  );

  it(verifies('core.1.4-exempt', 'never stops health and metrics'), async () => {
    const anyone = sendAs(tight, {});
    for (const path of ['/health', '/metrics'])
      for (let at = 0; at < 12; at++) expect((await anyone('GET', path)).status).toBe(200);
  });

  it(
    verifies('core.1.4-credential', 'counts a proven credential by itself and a wrong one by its address'),
    async () => {
      const asInside = sendAs(tight, bearer(inside.token));
      const answer = await asInside('GET', `/workspaces/${inside.id}/state`);
      expect([answer.status, ...budgetOf(answer)]).toEqual([200, '10', '9']);
      const forged = await sendAs(tight, bearer('x'.repeat(50)))('GET', `/workspaces/${inside.id}/state`);
      expect(forged.status).toBe(429);
    },
  );

  it(verifies('core.1.4-vitals', 'leaves register and heartbeat 60 a minute of their own'), async () => {
    const made = await tight.asAdmin<{ id: string; connection: { auth_token: string } }>('/workspaces', {
      method: 'POST',
      body: { name: 'beats', external: true },
    });
    const inside = { id: made.id, token: made.connection.auth_token };
    const asInside = sendAs(tight, bearer(inside.token));
    for (let at = 0; at < 12; at++) await asInside('GET', `/workspaces/${inside.id}/state`);
    const beat = () => asInside('POST', '/registry/heartbeat', { workspace_id: inside.id });
    const answers = [];
    for (let at = 0; at < 61; at++) answers.push(await beat());
    expect(answers[0]?.headers.get('x-ratelimit-limit')).toBe('60');
    expect(first(answers)).toEqual([...Array(60).fill(200), 429]);
    expect((await asInside('GET', `/workspaces/${inside.id}/state`)).status).toBe(429);
  });

  it.each([['0'], ['-5'], ['1.5'], ['many'], [' ']])(
    verifies('core.1.4-default', 'is 600 where the setting is "%s"'),
    async (text) => {
      const plain = await startScenarioTenant({ RATE_LIMIT: text });
      try {
        expect(budgetOf(await sendAs(plain, {})('GET', '/canvas/viewport'))).toEqual(['600', '599']);
      } finally {
        await plain.stop();
      }
    },
  );

  it(verifies('core.1.4-development', 'is off in development mode'), async () => {
    const open = await startScenarioTenant({ MOLECULE_ENV: 'development', RATE_LIMIT: '1' });
    try {
      const anyone = sendAs(open, {});
      for (let at = 0; at < 3; at++) {
        const answer = await anyone('GET', '/workspaces');
        expect([answer.status, ...budgetOf(answer)]).toEqual([200, 'unlimited', null]);
      }
    } finally {
      await open.stop();
    }
  });

  it(
    verifies(
      'core.1.4-cleanup',
      'counts a bounded number of addresses, and forgets the one that began first',
    ),
    async () => {
      const small = await startScenarioTenant({ RATE_LIMIT: '2', RATE_LIMIT_CALLERS: '100' });
      try {
        const first = '127.9.0.1';
        const ask = (localAddress: string) => statusFrom(small.url, '/canvas/viewport', localAddress);
        expect([await ask(first), await ask(first), await ask(first)]).toEqual([200, 200, 429]);
        for (let at = 1; at < 100; at++) expect(await ask(`127.9.1.${at}`)).toBe(200);
        expect(await ask(first)).toBe(429);
        expect(await ask('127.9.2.1')).toBe(200);
        expect([await ask(first), await ask('127.9.2.1'), await ask('127.9.2.1')]).toEqual([200, 200, 429]);
      } finally {
        await small.stop();
      }
    },
  );

  it(verifies('core.1.4-window', 'gives the whole budget back once the minute is over'), async () => {
    const anyone = sendAs(tight, {});
    await until('the window is over', () => Date.now() > usedUpAt + 61_000, 70_000);
    const answers = [];
    for (let at = 0; at < 11; at++) answers.push(await anyone('GET', '/canvas/viewport'));
    expect(first(answers)).toEqual([...Array(10).fill(200), 429]);
  });
});

describe('bodies', () => {
  const ROWS: Row[] = [
    [
      verifies('core.1.5-message', 'of a message may have 1 MiB'),
      () => asAgent('POST', `/workspaces/${agent.id}/a2a`, padded(hello, MEBIBYTE)),
      200,
    ],
    [
      verifies('core.1.5-message', 'of a message may not have more'),
      () => asAgent('POST', `/workspaces/${agent.id}/a2a`, padded(hello, MEBIBYTE + 1)),
      413,
    ],
    [
      verifies('core.1.5-default', 'of other routes may have 1 MiB'),
      () => asAgent('POST', '/registry/heartbeat', padded({ workspace_id: agent.id }, MEBIBYTE)),
      200,
      { status: 'ok' },
    ],
    [
      verifies('core.1.5-default', 'of other routes may not have more'),
      () => asAgent('POST', '/registry/heartbeat', padded({ workspace_id: agent.id }, MEBIBYTE + 1)),
      413,
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(verifies('core.1.5-message-reply', 'of an agent’s answer beyond 10 MiB are refused'), async () => {
    const open = await startScenarioTenant({ MOLECULE_ENV: 'development' });
    const large = await startBadAgent('answers 100 MB');
    try {
      const anyone = sendAs(open, {});
      const made = await anyone('POST', '/workspaces', { name: 'large', external: true, url: large.url });
      const answer = await anyone('POST', `/workspaces/${bodyOf(made).id}/a2a`, hello);
      expect([answer.status, bodyOf(answer).error]).toEqual([502, expect.stringMatching(/larger than/)]);
    } finally {
      await large.stop();
      await open.stop();
    }
  });
});

describe('health, metrics, liveness', () => {
  const ROWS: Row[] = [
    [
      verifies('core.1.6-health', 'the server is up, for anybody'),
      () => asNobody('GET', '/health'),
      200,
      { status: 'ok', version: expect.any(String), uptime: expect.any(Number), database: expect.any(String) },
    ],
    [
      verifies('core.1.6-buildinfo', 'its build is known, to anybody'),
      () => asNobody('GET', '/buildinfo'),
      200,
      { git_sha: expect.any(String), build: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ],
    [
      verifies('core.1.6-liveness', 'its loops are not told to anybody'),
      () => asNobody('GET', '/admin/liveness'),
      401,
      'admin auth required',
    ],
    [
      verifies('core.1.6-liveness', 'nor to an agent'),
      () => asAgent('GET', '/admin/liveness'),
      401,
      'invalid admin auth token',
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(verifies('core.1.6-health', 'has its status where suites look for it'), async () => {
    expect((await asNobody('GET', '/health')).text).toContain('"status":"ok"');
  });

  const metrics = async () => (await asNobody('GET', '/metrics')).text;

  it(verifies('core.1.6-metrics', 'metrics are in the Prometheus text format'), async () => {
    const headers = await headersOf(asNobody('GET', '/metrics'));
    expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
  });

  it(
    verifies(
      ['core.1.6-requests-total', 'core.1.6-seconds-total', 'core.1.6-path-label'],
      'requests are counted and timed by method, pattern and status',
    ),
    async () => {
      await asAgent('GET', `/workspaces/${agent.id}/state`);
      await asNobody('GET', '/no/such/thing');
      const text = await metrics();
      for (const name of ['molecule_http_requests_total', 'molecule_http_request_duration_seconds_total']) {
        expect(text).toContain(`# TYPE ${name} counter`);
        expect(text).toMatch(
          new RegExp(`${name}\\{method="GET",path="/workspaces/:id/state",status="200"\\} [\\d.e-]+`),
        );
        expect(text).toMatch(new RegExp(`${name}\\{method="GET",path="unmatched",status="404"\\} [\\d.e-]+`));
      }
      expect(text).not.toContain(agent.id);
    },
  );

  it(verifies('core.1.6-sockets', 'open sockets are counted'), async () => {
    const count = async () =>
      Number(/^molecule_websocket_connections_active (\d+)$/m.exec(await metrics())?.[1]);
    const before = await count();
    const socket = new WebSocket(`${tenant.url.replace('http', 'ws')}/ws`, {
      headers: bearer(tenant.adminToken),
    });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    await until('it is counted', async () => (await count()) === before + 1);
    socket.close();
    await until('it is counted no more', async () => (await count()) === before);
  });

  it(verifies('core.1.6-process-gauges', 'the process is measured under the known names'), async () => {
    const text = await metrics();
    for (const name of [
      'go_goroutines',
      'go_memstats_alloc_bytes',
      'go_memstats_sys_bytes',
      'go_memstats_heap_inuse_bytes',
      'go_gc_duration_seconds_total',
    ]) {
      expect(text).toMatch(new RegExp(`^${name} [\\d.e+-]+$`, 'm'));
    }
  });

  it(verifies('core.1.6-extras', 'latency is a histogram, workspaces are counted by status'), async () => {
    const text = await metrics();
    expect(text).toContain('# TYPE molecule_http_request_duration_seconds histogram');
    expect(text).toMatch(/^molecule_workspaces\{status="online"\} 1$/m);
    const told = [...text.matchAll(/^molecule_workspaces\{status="(\w+)"\}/gm)].map(([, status]) => status);
    expect(
      told.filter((status) => !(WORKSPACE_STATUSES as readonly string[]).includes(status ?? '')),
    ).toEqual([]);
  });

  it(verifies(['core.1.6-liveness', 'core.1.6-every-loop-ticks'], 'every loop has ticked'), async () => {
    type Loops = Record<string, { last_tick_at: string; seconds_ago: number }>;
    const read = async () =>
      bodyOf<{ subsystems: Loops }>(await asAdmin('GET', '/admin/liveness')).subsystems;
    const loops = Object.entries(await read());
    expect(loops.length).toBeGreaterThanOrEqual(5);
    for (const [name, { last_tick_at, seconds_ago }] of loops) {
      expect([name, Number.isInteger(seconds_ago)]).toEqual([name, true]);
      expect([name, Number.isNaN(Date.parse(last_tick_at))]).toEqual([name, false]);
    }
  });
});

describe('the tenant guard', () => {
  let hosted: ScenarioTenant;
  let inside: ExternalAgent;
  const named = { 'x-molecule-org-id': ORG };

  beforeAll(async () => {
    hosted = await startScenarioTenant({ MOLECULE_ORG_ID: ` ${ORG} ` });
    const made = await sendAs(hosted, { ...bearer(hosted.adminToken), ...named })('POST', '/workspaces', {
      name: 'inside',
      external: true,
    });
    const body = bodyOf<{ id: string; connection: { auth_token: string } }>(made);
    inside = { id: body.id, token: body.connection.auth_token };
  });
  afterAll(() => hosted?.stop());

  const as = (headers: Record<string, string>) => sendAs(hosted, headers);
  const admin = () => bearer(hosted.adminToken);
  const card = () => ({ id: inside.id, agent_card: { name: 'inside' }, delivery_mode: 'poll' });

  const ROWS: Row[] = [
    [verifies('core.1.7-exempt', 'lets anybody ask for health'), () => as({})('GET', '/health'), 200],
    [verifies('core.1.7-exempt', 'lets anybody ask for metrics'), () => as({})('GET', '/metrics'), 200],
    [
      verifies('core.1.7-exempt', 'lets agents register'),
      () => as(bearer(inside.token))('POST', '/registry/register', card()),
      200,
    ],
    [
      verifies('core.1.7-exempt', 'lets agents beat'),
      () => as(bearer(inside.token))('POST', '/registry/heartbeat', { workspace_id: inside.id }),
      200,
    ],
    [
      verifies('core.1.7-pass-header', 'passes the id with a valid bearer'),
      () => as({ ...admin(), ...named })('GET', '/workspaces'),
      200,
    ],
    [
      verifies('core.1.7-pass-header', 'passes the id with a workspace’s bearer'),
      () => as({ ...bearer(inside.token), ...named })('GET', `/workspaces/${inside.id}/state`),
      200,
    ],
    [
      verifies('core.1.7-pass-replay', 'passes the id in a replay header'),
      () => as({ ...admin(), 'fly-replay-src': `instance=a;state=${ORG};t=1` })('GET', '/workspaces'),
      200,
    ],
    [
      verifies('core.1.7-pass-replay', 'does not pass another id there'),
      () =>
        as({ ...admin(), 'fly-replay-src': `instance=a;xstate=${ORG};state=other` })('GET', '/workspaces'),
      404,
      '',
    ],
    [
      verifies('core.1.7-bare-header', 'does not pass the id alone'),
      () => as(named)('GET', '/canvas/viewport'),
      404,
      '',
    ],
    [
      verifies('core.1.7-bare-header', 'does not pass the id with a wrong bearer'),
      () => as({ ...named, ...bearer('x'.repeat(50)) })('GET', '/workspaces'),
      404,
      '',
    ],
    [
      verifies('core.1.7-fail', 'hides routes from whoever names no id'),
      () => as(admin())('GET', '/workspaces'),
      404,
      '',
    ],
    [
      verifies('core.1.7-fail', 'hides routes from whoever names another id'),
      () => as({ ...admin(), 'x-molecule-org-id': 'other' })('GET', '/workspaces'),
      404,
      '',
    ],
    [
      verifies('core.1.7-fail', 'makes them look like an unknown route'),
      () => as(admin())('GET', '/workspaces/no/such/route'),
      404,
      '',
    ],
  ];
  it.each(ROWS)('%s', exchange);

  it(verifies('core.1.7-pass-session', 'passes a session'), async () => {
    const signedIn = await as({})('POST', '/auth/sign-in', { token: hosted.adminToken });
    const cookie = (signedIn.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect((await as({ cookie })('GET', '/workspaces')).status).toBe(200);
  });

  it(verifies('core.1.7-off', 'is off where the id is blank'), async () => {
    const blank = await startScenarioTenant({ MOLECULE_ORG_ID: '  ' });
    try {
      expect((await sendAs(blank, bearer(blank.adminToken))('GET', '/workspaces')).status).toBe(200);
    } finally {
      await blank.stop();
    }
  });

  it(
    verifies('core.1.7-self-hosted', 'is off on a self-hosted tenant, whose own id its workspaces have'),
    async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'molecule-own-id-'));
      const start = () => startScenarioTenant({ WORKSPACE_BACKEND: 'process' }, { dataDir });
      const ownId = async () => (await readFile(join(dataDir, 'org-id'), 'utf8')).trim();
      const idInside = (workspaceId: string) =>
        until(
          'its agent has the id',
          async () => {
            const own = processesOf(dataDir).map(environmentOf);
            const agents = own.filter((env) => env.WORKSPACE_ID === workspaceId);
            const id = await ownId();
            return agents.length > 0 && agents.every((env) => env.MOLECULE_ORG_ID === id);
          },
          60_000,
        );
      let own = await start();
      try {
        const id = await ownId();
        expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-/);
        const send = sendAs(own, bearer(own.adminToken));
        const made = await send('POST', '/workspaces', { name: 'housed', runtime: 'rehearsal' });
        const workspaceId = bodyOf<{ id: string }>(made).id;
        await idInside(workspaceId);
        expect((await send('GET', '/workspaces')).status).toBe(200);
        expect((await send('GET', '/workspaces', undefined, { 'x-molecule-org-id': 'other' })).status).toBe(
          200,
        );
        const onCloud = await send('POST', '/workspaces', { name: 'away', backend: 'cloud' });
        expect([onCloud.status, bodyOf(onCloud).error]).toEqual([
          400,
          expect.stringMatching(/^backend must be one of: /),
        ]);
        await own.stop();
        own = await start();
        expect(await ownId()).toBe(id);
        await idInside(workspaceId);
      } finally {
        await own.stop();
        await rm(dataDir, { recursive: true, force: true });
      }
    },
  );
});
