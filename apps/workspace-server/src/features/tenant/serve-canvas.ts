// Serve canvas: the built board, on the same origin as the API. Unknown page paths lead to the board; unknown API paths
// are 404.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { defineRoute } from '@molecule/contracts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Molecule</title>
<p>The canvas is not built. Run <code>npm run build</code> and start the server again.</p></html>`;

/** Static files are public: they hold no data, and the sign-in page is one of them. */
const canvasFiles = defineRoute({
  name: 'canvasFiles',
  method: 'GET',
  path: '/*',
  policy: 'open',
  tag: 'canvas',
  summary: 'The files of the canvas',
  response: z.unknown(),
});

export async function serveCanvas(
  app: FastifyInstance,
  options: {
    canvasDir: string;
    isApiPath: (path: string) => boolean;
    isGuarded: boolean;
    /** Pages are handed on before they come here. */
    isElsewhere: boolean;
  },
): Promise<void> {
  const indexFile = join(options.canvasDir, 'index.html');
  const isBuilt = existsSync(indexFile) && !options.isElsewhere;
  // Read each time: a build under a running server changes the names of the files that the page asks for.
  const readPage = () => readFile(indexFile).catch(() => Buffer.from(NOT_BUILT));
  if (isBuilt) {
    await app.register(async (scope) => {
      scope.addHook('onRoute', (route) => {
        route.config = { ...route.config, contract: canvasFiles };
      });
      await scope.register(fastifyStatic, {
        root: join(options.canvasDir, 'assets'),
        prefix: '/assets/',
        immutable: true,
        maxAge: '1y',
        index: false,
      });
    });
  }
  app.setNotFoundHandler(async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const wantsPage = request.method === 'GET' && !options.isApiPath(path) && !path.startsWith('/assets/');
    if (wantsPage && (request.headers.accept?.includes('text/html') || path === '/')) {
      return reply
        .header('content-type', 'text/html; charset=utf-8')
        .header('cache-control', 'no-cache')
        .send(await readPage());
    }
    // Behind the tenant guard an unknown route looks like what the guard hides.
    if (options.isGuarded) return reply.code(404).send();
    return reply.code(404).send({ error: 'not found', code: 'not_found' });
  });
}
