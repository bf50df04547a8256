// Webhook scenarios: GitHub's deliveries, each row of their table through HTTP, signed as GitHub signs.

import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { type BadAgent, startBadAgent } from './support/bad-agents.ts';
import { addExternalAgent, type ScenarioTenant, startScenarioTenant } from './support/tenant.ts';

const SECRET = 'a secret of both sides';
const ORG = '5f0c2b7e-1d64-4c1a-9a58-0d2f5d1b6a33';

let tenant: ScenarioTenant;
let agent: BadAgent;
let pollId = '';
let pushId = '';

beforeAll(async () => {
  tenant = await startScenarioTenant({ MOLECULE_ENV: 'development', GITHUB_WEBHOOK_SECRET: SECRET });
  agent = await startBadAgent('echoes');
  pollId = (await addExternalAgent(tenant, 'fetches')).id;
  const made = await tenant.asAdmin<{ id: string }>('/workspaces', {
    method: 'POST',
    body: { name: 'answers', external: true, url: agent.url },
  });
  pushId = made.id;
});
afterAll(async () => {
  await agent?.stop();
  await tenant?.stop();
});

const sign = (body: string, secret = SECRET) =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;

interface Sent {
  event: string;
  body: unknown;
  path?: string;
  headers?: Record<string, string>;
}

async function deliver({ event, body, path = '/webhooks/github', headers = {} }: Sent, to = tenant) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const answer = await to.call(path, {
    method: 'POST',
    body: text,
    headers: {
      'x-github-event': event,
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': sign(text),
      ...headers,
    },
  });
  return { status: answer.status, body: answer.text === '' ? null : (JSON.parse(answer.text) as unknown) };
}

const FROM = { repository: { full_name: 'acme/site' }, sender: { login: 'octo' } };
const comment = { body: 'please look', html_url: 'https://github.example/c/1' };
const issueComment = { action: 'created', issue: { number: 7 }, comment, ...FROM };
const run = {
  name: 'CI',
  id: 11,
  run_number: 3,
  conclusion: 'failure',
  head_branch: 'main',
  head_sha: 'abc',
  html_url: 'https://github.example/r/11',
  event: 'push',
};

const ignored = (reason: string) => ({ status: 'ignored', reason });
const ONLY_OPENED = ignored('only issues action=opened triggers crons');
const ONLY_SUBMITTED = ignored('only pull_request_review action=submitted triggers crons');
const UNSUPPORTED = ignored('unsupported event type');
const triggered = (event: string, action: string) => ({
  status: 'triggered',
  event,
  action,
  schedules_affected: 0,
});
const refused = (text: string) => ({ error: expect.stringMatching(text) });

describe('a delivery of GitHub', () => {
  it.each<[string, Sent, number, unknown]>([
    [
      'an opened issue',
      { event: 'issues', body: { action: 'opened', ...FROM } },
      200,
      triggered('issues', 'opened'),
    ],
    ['a closed issue', { event: 'issues', body: { action: 'closed' } }, 202, ONLY_OPENED],
    ['an issue that is no JSON', { event: 'issues', body: 'x' }, 400, refused('^invalid issues payload$')],
    ['an issue without action', { event: 'issues', body: {} }, 400, refused('^invalid issues payload')],
    [
      'a submitted review',
      { event: 'pull_request_review', body: { action: 'submitted' } },
      200,
      triggered('pull_request_review', 'submitted'),
    ],
    [
      'a dismissed review',
      { event: 'pull_request_review', body: { action: 'dismissed' } },
      202,
      ONLY_SUBMITTED,
    ],
    [
      'a review that is a list',
      { event: 'pull_request_review', body: [] },
      400,
      refused('^invalid pull_request_review payload'),
    ],
    ['a ping', { event: 'ping', body: { zen: 'x' } }, 202, UNSUPPORTED],
    ['an event without a name', { event: '', body: '{' }, 202, UNSUPPORTED],
    ['an event named like a method of objects', { event: 'toString', body: {} }, 202, UNSUPPORTED],
    [
      'an edited comment',
      { event: 'issue_comment', body: { ...issueComment, action: 'edited' } },
      202,
      UNSUPPORTED,
    ],
    [
      'a green workflow',
      {
        event: 'workflow_run',
        body: { action: 'completed', workflow_run: { ...run, conclusion: 'success' } },
      },
      202,
      UNSUPPORTED,
    ],
    [
      'a comment on nothing',
      { event: 'issue_comment', body: { action: 'created', comment } },
      400,
      refused('^invalid issue_comment payload: issue is missing$'),
    ],
    [
      'a comment for nobody',
      { event: 'issue_comment', body: issueComment },
      400,
      refused('^missing workspace id$'),
    ],
    [
      'a comment for no UUID',
      { event: 'issue_comment', body: issueComment, path: '/webhooks/github/x' },
      400,
      refused('^invalid workspace ID$'),
    ],
    [
      'a comment for the unknown',
      { event: 'issue_comment', body: issueComment, path: `/webhooks/github/${ORG}` },
      404,
      refused('^workspace not found$'),
    ],
  ])(
    verifies(
      ['webhook.github', 'core.14-issues', 'core.14-reviews', 'core.14-others'],
      '%s is answered as the contract says',
    ),
    async (_title, sent, status, body) => {
      const answer = await deliver(sent);
      expect([answer.status, answer.body]).toEqual([
        status,
        body === null ? null : expect.objectContaining(body as object),
      ]);
    },
  );

  it.each<[string, Record<string, unknown>, Record<string, unknown>, RegExp]>([
    [
      'issue_comment',
      issueComment,
      { issue_number: 7, comment_url: comment.html_url },
      /octo commented on #7: please look/,
    ],
    [
      'pull_request_review_comment',
      { action: 'created', pull_request: { number: 8 }, comment, ...FROM },
      { pull_request_num: 8, comment_url: comment.html_url },
      /pull request #8: please look/,
    ],
    [
      'workflow_run',
      { action: 'completed', workflow_run: run, ...FROM },
      {
        workflow_name: 'CI',
        run_id: 11,
        run_number: 3,
        conclusion: 'failure',
        head_branch: 'main',
        head_sha: 'abc',
        run_url: run.html_url,
        trigger_event: 'push',
      },
      /workflow CI \(run 3\) end on main: failure/,
    ],
  ])(
    verifies(['webhook.github', 'core.14-messages'], 'of %s becomes a message of webhook:github'),
    async (event, body, metadata, text) => {
      const id = randomUUID();
      const answer = await deliver({
        event,
        body: { ...body, workspace_id: pollId },
        headers: { 'x-github-delivery': id },
      });
      expect(answer).toEqual({
        status: 200,
        body: { status: 'queued', delivery_mode: 'poll', method: 'message/send' },
      });
      const [row] = await tenant.asAdmin<Record<string, unknown>[]>(`/workspaces/${pollId}/activity?limit=1`);
      expect(row).toMatchObject({ activity_type: 'a2a_receive', source_id: 'webhook:github' });
      const { params } = (row as Record<string, unknown>).request_body as {
        params: { metadata: unknown; message: { parts: unknown[] } };
      };
      expect(params.metadata).toEqual({
        source: 'github',
        event,
        action: body.action,
        delivery_id: id,
        repository: 'acme/site',
        sender: 'octo',
        ...metadata,
      });
      expect(params.message.parts).toEqual([{ kind: 'text', text: expect.stringMatching(text) }]);
    },
  );

  it(verifies('webhook.github', 'gets the answer of the agent that it is for'), async () => {
    const answer = await deliver({
      event: 'issue_comment',
      body: issueComment,
      path: `/webhooks/github/${pushId}`,
    });
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([
      200,
      expect.stringContaining('"text":"echo"'),
    ]);
  });

  it(
    verifies(
      ['webhook.github', 'core.14-once'],
      'has its effect once, also when it comes five times at once',
    ),
    async () => {
      const sent: Sent = {
        event: 'issue_comment',
        body: issueComment,
        path: `/webhooks/github/${pollId}`,
        headers: { 'x-github-delivery': randomUUID() },
      };
      const before = await tenant.asAdmin<unknown[]>(`/workspaces/${pollId}/activity`);
      const answers = await Promise.all(Array.from({ length: 5 }, () => deliver(sent)));
      answers.push(await deliver(sent));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 202).map(({ body }) => body)).toEqual(
        Array.from({ length: 5 }, () => ignored('this delivery was taken already')),
      );
      const after = await tenant.asAdmin<unknown[]>(`/workspaces/${pollId}/activity`);
      expect(after.length - before.length).toBe(1);
    },
  );

  it(verifies('webhook.github', 'that failed may come again'), async () => {
    const headers = { 'x-github-delivery': randomUUID() };
    const body = issueComment;
    const path = `/webhooks/github/${ORG}`;
    expect((await deliver({ event: 'issue_comment', body, path, headers })).status).toBe(404);
    const again = await deliver({
      event: 'issue_comment',
      body,
      path: `/webhooks/github/${pollId}`,
      headers,
    });
    expect(again.status).toBe(200);
  });

  const bytes = JSON.stringify(issueComment);
  it.each<[string, Record<string, string>]>([
    ['no signature', { 'x-hub-signature-256': '' }],
    ['the signature of another secret', { 'x-hub-signature-256': sign(bytes, 'another') }],
    ['the signature of other bytes', { 'x-hub-signature-256': sign(`${bytes} `) }],
    ['a signature without its prefix', { 'x-hub-signature-256': sign(bytes).slice('sha256='.length) }],
    ['a short signature', { 'x-hub-signature-256': sign(bytes).slice(0, -2) }],
  ])(
    verifies(
      ['webhook.github', 'core.2.9-signed', 'core.14-signature', 'core.16-github'],
      'with %s is refused',
    ),
    async (_title, headers) => {
      for (const path of ['/webhooks/github', `/webhooks/github/${pollId}`]) {
        const answer = await deliver({ event: 'issue_comment', body: bytes, path, headers });
        expect(answer).toEqual({
          status: 401,
          body: expect.objectContaining({ error: 'invalid webhook signature' }),
        });
      }
    },
  );

  it(verifies(['webhook.github', 'core.14-body'], 'without a body is refused'), async () => {
    const answer = await tenant.call('/webhooks/github', {
      method: 'POST',
      headers: { 'x-github-event': 'ping' },
    });
    expect([answer.status, JSON.parse(answer.text).error]).toEqual([400, 'failed to read request body']);
  });

  it(verifies('core.1.5-webhook', 'of 1 MiB is read, and of one byte more refused'), async () => {
    const limit = 1024 * 1024;
    expect((await deliver({ event: 'ping', body: 'x'.repeat(limit) })).status).toBe(202);
    expect((await deliver({ event: 'ping', body: 'x'.repeat(limit + 1) })).status).toBe(413);
  });
});

describe('on a hosted tenant', () => {
  it(
    verifies(
      ['core.1.7-exempt-webhooks', 'core.14-secret'],
      'a delivery passes the tenant guard, and says where no secret is set',
    ),
    async () => {
      const hosted = await startScenarioTenant({ MOLECULE_ORG_ID: ORG });
      try {
        const answer = await deliver({ event: 'ping', body: {} }, hosted);
        expect(answer).toEqual({
          status: 503,
          body: expect.objectContaining({ error: 'github webhook secret is not configured' }),
        });
      } finally {
        await hosted.stop();
      }
    },
  );
});
