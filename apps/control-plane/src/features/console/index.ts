// Console: the platform's own pages. They are public and hold no data; what they show they ask of the API.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { platform } from '@molecule/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

const FILES: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'console.css': 'text/css; charset=utf-8',
  'console.js': 'text/javascript; charset=utf-8',
  'operate.html': 'text/html; charset=utf-8',
  'operate.js': 'text/javascript; charset=utf-8',
  'operate-parts.js': 'text/javascript; charset=utf-8',
};
const PAGES = ['/', '/sign-in', '/sign-up', '/new', '/orgs/:slug', '/orgs/:slug/members', '/join'];

const consoleFiles = platform.definePlatformRoute({
  name: 'consoleFiles',
  method: 'GET',
  path: '/console/*',
  policy: 'open',
  tag: 'console',
  summary: 'The pages of the platform',
  response: z.unknown(),
});

export async function serveConsole(app: FastifyInstance, consoleDir: string): Promise<void> {
  const files = new Map<string, Buffer>();
  for (const name of Object.keys(FILES)) files.set(name, await readFile(join(consoleDir, name)));
  const send = (reply: FastifyReply, name: string) =>
    reply.header('content-type', FILES[name]).header('cache-control', 'no-cache').send(files.get(name));
  const config = { contract: consoleFiles };
  app.get('/operate', { config }, async (_, reply) => send(reply, 'operate.html'));
  for (const url of PAGES) app.get(url, { config }, async (_, reply) => send(reply, 'index.html'));
  app.get(
    '/console/:name',
    { config },
    async (request: FastifyRequest<{ Params: { name: string } }>, reply) => {
      if (!files.has(request.params.name))
        return reply.code(404).send({ error: 'not found', code: 'not_found' });
      return send(reply, request.params.name);
    },
  );
}
