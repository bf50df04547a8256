// Security headers: set on every answer, before anything can refuse the request.

import type { FastifyInstance } from 'fastify';

const COMMON: Record<string, string> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'referrer-policy': 'strict-origin-when-cross-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
};

export const API_POLICY = "default-src 'self'";
/** The canvas needs neither inline scripts nor inline styles. */
export const PAGE_POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; font-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'; form-action 'self'";

export function addSecurityHeaders(app: FastifyInstance, isPage: (path: string) => boolean): void {
  app.addHook('onRequest', async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    reply.headers(COMMON);
    reply.header('content-security-policy', isPage(path) ? PAGE_POLICY : API_POLICY);
  });
}
