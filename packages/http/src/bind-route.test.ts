// A bound route, over real HTTP shapes: identify, authorise, parse, answer.
import { defineRoute } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import { createLog } from '@molecule/kit';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Authorize, createBinder, refuseRoutesWithoutContract } from './bind-route.ts';
import { vouchForCaller } from './caller.ts';
import { createServer } from './create-server.ts';

const apps: FastifyInstance[] = [];
afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
});

const contract = defineRoute({
  name: 'rename-thing',
  method: 'POST',
  path: '/things/:id',
  policy: 'admin',
  tag: 'things',
  summary: 'Renames a thing',
  params: z.object({ id: z.string().min(2) }),
  query: z.object({ loud: z.enum(['yes', 'no']).default('no') }),
  body: z.object({ name: z.string() }),
  response: z.object({ said: z.string() }),
  status: 201,
  invalidBody: 'a name is needed',
});

function serve(authorize: Authorize = () => {}) {
  const app = createServer({ log: createLog({ level: 'silent' }), bodyLimitBytes: 100 });
  apps.push(app);
  refuseRoutesWithoutContract(app);
  const binder = createBinder(async () => vouchForCaller({ kind: 'admin' }), authorize);
  binder.bind(app, contract, async ({ params, query, body }) => ({
    said: `${params.id}/${query.loud}/${body.name}`,
  }));
  return { app, binder };
}

const post = (
  app: FastifyInstance,
  payload: string | undefined,
  url = '/things/ab',
  type = 'application/json',
) =>
  app.inject({
    method: 'POST',
    url,
    headers: { 'content-type': type },
    ...(payload === undefined ? {} : { payload }),
  });

describe('a server', () => {
  it('refuses to boot on a route without a contract (B1)', async () => {
    const { app } = serve();
    app.get('/smuggled', async () => 'hello');
    await expect(app.ready()).rejects.toThrow('route GET /smuggled has no contract and so no policy');
  });

  it('refuses to boot on such a route of a plugin as well (B1)', async () => {
    const { app } = serve();
    app.register(async (inner) => {
      inner.delete('/smuggled', async () => 'hello');
    });
    await expect(app.ready()).rejects.toThrow('DELETE /smuggled');
  });

  it('boots when every route has one, and knows them', async () => {
    const { app, binder } = serve();
    await app.ready();
    expect(binder.bound().map((c) => c.name)).toEqual(['rename-thing']);
  });
});

describe('a bound route', () => {
  it('answers compact JSON with the status of its contract', async () => {
    const answer = await post(serve().app, '{"name":"x","unknown":1}');
    expect([answer.statusCode, answer.body]).toEqual([201, '{"said":"ab/no/x"}']);
  });

  it('reads JSON whatever content type the client claims', async () => {
    for (const type of [
      'text/plain',
      'application/json; charset=utf-8',
      'application/x-www-form-urlencoded',
    ]) {
      expect((await post(serve().app, '{"name":"x"}', '/things/ab', type)).statusCode).toBe(201);
    }
  });

  it.each([
    ['wrong JSON', '{"name":', 'not valid JSON'],
    ['a wrong type', '{"name":1}', /name: /],
    ['a list', '[]', /expected object/],
    ['null', 'null', 'a JSON body is required'],
    ['nothing', '', 'a JSON body is required'],
  ])("answers %s with the contract's own words", async (_name, payload, details) => {
    const answer = await post(serve().app, payload);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ error: 'a name is needed', code: 'invalid_request' });
    expect(answer.json().details).toMatch(details);
  });

  it('says which part of the path or query is wrong', async () => {
    const { app } = serve();
    expect((await post(app, '{"name":"x"}', '/things/a')).json().error).toMatch(/^invalid path: id: /);
    expect((await post(app, '{"name":"x"}', '/things/ab?loud=maybe')).json().error).toMatch(
      /^invalid query: loud: /,
    );
  });

  it('refuses a body beyond its limit', async () => {
    const { app } = serve();
    const padded = (bytes: number) => JSON.stringify({ name: 'x'.repeat(bytes - '{"name":""}'.length) });
    expect((await post(app, padded(100))).statusCode).toBe(201);
    const answer = await post(app, padded(101));
    expect([answer.statusCode, answer.json().code]).toEqual([413, 'body_too_large']);
  });

  it('authorises before it looks at the body (B2)', async () => {
    const { app } = serve(() => {
      throw faults.forbidden('not yours');
    });
    for (const payload of ['{"name":', '{"name":"x"}', 'x'.repeat(1_000)]) {
      const answer = await post(app, payload);
      expect([answer.statusCode, answer.json().error]).toEqual([403, 'not yours']);
    }
  });

  it('refuses when deciding fails (law: deny by default)', async () => {
    const { app } = serve(async () => {
      throw new TypeError('cannot read the table');
    });
    const answer = await post(app, '{"name":"x"}');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('table');
  });
});
