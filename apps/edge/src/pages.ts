// Pages: the few answers that the edge gives itself. They name no tenant and tell nothing that the status does not.

import type { IncomingMessage, ServerResponse } from 'node:http';

interface Answer {
  status: number;
  title: string;
  words: string;
  retryAfterSeconds?: number;
  /** The page asks again by itself. */
  refreshSeconds?: number;
}

export const ANSWERS = {
  notFound: { status: 404, title: 'Not found', words: 'There is nothing under this name.' },
  suspended: { status: 403, title: 'Suspended', words: 'This organisation is suspended.' },
  preparing: {
    status: 200,
    title: 'Almost there',
    words: 'This organisation is being prepared. The page looks again by itself.',
    refreshSeconds: 5,
  },
  unavailable: { status: 503, title: 'Not available', words: 'Try again in a moment.', retryAfterSeconds: 5 },
  unreachable: {
    status: 502,
    title: 'Not reachable',
    words: 'The tenant does not answer.',
    retryAfterSeconds: 5,
  },
  misled: { status: 421, title: 'Misdirected', words: 'This request came by the wrong way.' },
  bad: { status: 400, title: 'Bad request', words: 'This request cannot be read.' },
} satisfies Record<string, Answer>;

export function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const isPage = wantsPage(request);
  const { status, title, words, retryAfterSeconds, refreshSeconds } = answer;
  const body = isPage
    ? `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><p>${words}</p></html>`
    : JSON.stringify({ error: words, code: title.toLowerCase().replaceAll(' ', '_') });
  response.writeHead(status, {
    'content-type': isPage ? 'text/html; charset=utf-8' : 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    ...(refreshSeconds === undefined ? {} : { refresh: String(refreshSeconds) }),
    // The rest of a body that nobody reads is not waited for.
    ...(request.complete ? {} : { connection: 'close' }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

export function wantsPage(request: IncomingMessage): boolean {
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  return isRead && request.headers.accept?.includes('text/html') === true;
}
