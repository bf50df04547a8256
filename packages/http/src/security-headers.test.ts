// Security headers: on every answer, refusals included.
import { faults } from '@molecule/domain';
import { createLog } from '@molecule/kit';
import { describe, expect, it } from 'vitest';
import { createServer } from './create-server.ts';
import { API_POLICY, addSecurityHeaders, PAGE_POLICY } from './security-headers.ts';

function serve() {
  const app = createServer({ log: createLog({ level: 'silent' }), bodyLimitBytes: 1_000 });
  addSecurityHeaders(app, (path) => path === '/');
  app.addHook('onRequest', async (request) => {
    if (request.url === '/refused') throw faults.forbidden('no');
  });
  app.get('/', async () => 'page');
  app.get('/health', async () => ({ status: 'ok' }));
  app.get('/refused', async () => 'never');
  app.get('/own', async (_request, reply) => reply.header('x-frame-options', 'SAMEORIGIN').send('framed'));
  app.get('/broken', async () => {
    throw new Error('bug');
  });
  return app;
}

describe('security headers', () => {
  it.each(['/', '/?x=1', '/health', '/refused', '/broken', '/nowhere'])(
    'stand on the answer of %s',
    async (url) => {
      const { headers } = await serve().inject(url);
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'strict-transport-security': 'max-age=31536000; includeSubDomains',
        'referrer-policy': 'strict-origin-when-cross-origin',
        'permissions-policy': 'camera=(), microphone=(), geolocation=()',
      });
      expect(headers['content-security-policy']).toBe(/^\/(\?|$)/.test(url) ? PAGE_POLICY : API_POLICY);
    },
  );

  it('give way to a handler that sets its own', async () => {
    expect((await serve().inject('/own')).headers['x-frame-options']).toBe('SAMEORIGIN');
  });

  it('allow the page no inline script, no inline style and no eval', () => {
    expect(PAGE_POLICY).not.toMatch(/unsafe-/);
  });
});
