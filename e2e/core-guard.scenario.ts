// Core guard: which addresses an agent may have, by what the server says of each, in each of its modes. Who is really
// called is judged by listeners in ssrf.scenario.ts.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { type BadAgent, startBadAgent } from './support/bad-agents.ts';
import { bearer, bodyOf, expectAnswer, sendAs } from './support/exchange.ts';
import {
  addExternalAgent,
  type ExternalAgent,
  type ScenarioTenant,
  startScenarioTenant,
} from './support/tenant.ts';

interface Mode {
  tenant: ScenarioTenant;
  agent: ExternalAgent;
}

let strict: Mode;
let hosted: Mode;
let open: Mode;
let echo: BadAgent;

async function start(env: Record<string, string>): Promise<Mode> {
  const tenant = await startScenarioTenant(env);
  return { tenant, agent: await addExternalAgent(tenant, 'mover') };
}

beforeAll(async () => {
  strict = await start({});
  hosted = await start({ MOLECULE_DEPLOY_MODE: 'saas' });
  open = await start({ MOLECULE_ENV: 'development' });
  echo = await startBadAgent('echoes');
});
afterAll(async () => {
  await echo?.stop();
  await Promise.all([strict, hosted, open].map((mode) => mode?.tenant.stop()));
});

const asOperator = ({ tenant }: Mode) =>
  sendAs(tenant, tenant.adminToken === '' ? {} : bearer(tenant.adminToken));
const create = (mode: Mode, url: string) =>
  asOperator(mode)('POST', '/workspaces', { name: 'made', external: true, url });
const register = (mode: Mode, url: string) =>
  sendAs(mode.tenant, bearer(mode.agent.token))('POST', '/registry/register', {
    id: mode.agent.id,
    url,
    delivery_mode: 'push',
    agent_card: { name: 'mover' },
  });

const SCHEME = /^url scheme must be http or https/;
const BLOCKED = /^url targets a blocked address: /;
const REFUSED: [title: string, url: string, reason: RegExp][] = [
  [verifies('core.7-scheme', 'another scheme'), 'ftp://93.184.216.34/', SCHEME],
  [verifies('core.7-scheme', 'a file'), 'file:///etc/passwd', SCHEME],
  [verifies('core.7-scheme', 'a socket'), 'ws://93.184.216.34/', SCHEME],
  [verifies('core.7-scheme', 'no scheme'), '93.184.216.34:8000', SCHEME],
  [verifies('core.7-empty', 'a scheme alone'), 'http://', SCHEME],
  [verifies('core.7-empty', 'a port alone'), 'http://:8000/', SCHEME],
  [verifies('core.7-loopback', 'loopback'), 'http://127.0.0.1:8000/', BLOCKED],
  [verifies('core.7-loopback', 'loopback in IPv6'), 'http://[::1]:8000/', BLOCKED],
  [verifies('core.7-unspecified', 'the unspecified address'), 'http://0.0.0.0:8000/', BLOCKED],
  [verifies('core.7-unspecified', 'the unspecified address in IPv6'), 'http://[::]:8000/', BLOCKED],
  [verifies('core.7-link-local', 'the metadata of clouds'), 'http://169.254.169.254/', BLOCKED],
  [verifies('core.7-link-local', 'link-local in IPv6'), 'http://[fe80::1]/', BLOCKED],
  [verifies('core.7-unique-local', 'fc00::/8'), 'http://[fc00::1]/', BLOCKED],
  [verifies('core.7-reserved', 'shared space'), 'http://100.64.0.1/', BLOCKED],
  [verifies('core.7-reserved', 'the first documentation range'), 'http://192.0.2.1/', BLOCKED],
  [verifies('core.7-reserved', 'the second'), 'http://198.51.100.1/', BLOCKED],
  [verifies('core.7-reserved', 'the third'), 'http://203.0.113.1/', BLOCKED],
  [verifies('core.7-multicast', 'multicast'), 'http://224.0.0.251/', BLOCKED],
  [verifies('core.7-multicast', 'multicast in IPv6'), 'http://[ff02::1]/', BLOCKED],
  [verifies('core.7-documentation', '2001:db8::/32'), 'http://[2001:db8::1]/', BLOCKED],
  [
    verifies('core.7-dns', 'a name that does not resolve'),
    'http://nowhere.invalid/',
    /^hostname "nowhere.invalid" cannot be resolved \(DNS error\)/,
  ],
];
const PRIVATE = ['http://10.0.0.1/', 'http://172.16.0.1/', 'http://192.168.0.1/', 'http://[fd00::1]/'];

describe('an agent may not have', () => {
  it.each(REFUSED)('%s, in no mode', async (_title, url, reason) => {
    for (const mode of [strict, hosted, open]) {
      expectAnswer(await register(mode, url), 400, reason);
      expectAnswer(await create(mode, url), 400, reason);
    }
  });

  it(verifies('core.7-empty', 'no address when it wants to be called'), async () => {
    for (const mode of [strict, hosted, open])
      expectAnswer(await register(mode, ''), 400, /^url is required/);
  });

  it.each(PRIVATE)(verifies('core.7-private', '%s, but on a hosted tenant'), async (url) => {
    for (const mode of [strict, open]) {
      expectAnswer(await register(mode, url), 400, BLOCKED);
      expectAnswer(await create(mode, url), 400, BLOCKED);
    }
    expectAnswer(await register(hosted, url), 200, undefined);
    expectAnswer(await create(hosted, url), 201, undefined);
  });
});

describe('an agent at localhost', () => {
  const message = {
    jsonrpc: '2.0',
    id: 1,
    method: 'message/send',
    params: { message: { role: 'user', messageId: 'm', parts: [{ kind: 'text', text: 'hello' }] } },
  };

  it.each<[string, () => Mode, boolean]>([
    ['not called on a self-hosted tenant', () => strict, false],
    ['not called on a hosted tenant', () => hosted, false],
    ['called in development mode', () => open, true],
  ])(
    verifies(['core.7-localhost', 'core.7-loopback'], 'is taken, and %s'),
    async (_title, modeOf, isCalled) => {
      const mode = modeOf();
      const send = asOperator(mode);
      const made = await create(mode, echo.url);
      expect(made.status).toBe(201);
      const { id } = bodyOf<{ id: string }>(made);
      const asked = echo.asked();
      const answer = await send('POST', `/workspaces/${id}/a2a`, message);
      expect(echo.asked() - asked).toBe(isCalled ? 1 : 0);
      if (isCalled) expect(answer.text).toContain('echo');
      else expectAnswer(answer, 502, 'workspace URL is not publicly routable');
      const found = await sendAs(mode.tenant, bearer(mode.agent.token))(
        'GET',
        `/registry/discover/${id}`,
        undefined,
        {
          'x-workspace-id': mode.agent.id,
        },
      );
      expect(found.text.includes(echo.url)).toBe(isCalled);
    },
  );
});
