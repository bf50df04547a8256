// Faults on the wire: every code has a status, and bugs tell nothing.
import { FAULT_CODES, Fault, type FaultCode, faults } from '@molecule/domain';
import { createLog } from '@molecule/kit';
import { describe, expect, it } from 'vitest';
import { createServer } from './create-server.ts';
import { renderFault, STATUS_OF_FAULT, toFault } from './render-fault.ts';

const CODES = Object.keys(FAULT_CODES) as FaultCode[];

function serve(thrown: () => unknown) {
  const lines: string[] = [];
  const log = createLog({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } });
  const app = createServer({
    log,
    bodyLimitBytes: 1_000,
    translate: (error) =>
      (error as Error).message === 'database gone' ? faults.platformUnavailable(error) : null,
  });
  app.get('/fail', async () => {
    throw thrown();
  });
  return { app, lines };
}

describe('a fault on the wire', () => {
  it.each(CODES)('%s has an error status and its code in the body', (code) => {
    const { status, body } = renderFault(new Fault(code, 'what went wrong', { extra: { hint: 'x' } }));
    expect(status).toBe(STATUS_OF_FAULT[code]);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    if (code === 'CONFIRMATION_REQUIRED') expect(body).toEqual({ hint: 'x' });
    else expect(body).toEqual({ error: 'what went wrong', code: code.toLowerCase(), hint: 'x' });
  });

  it('has statuses for exactly the codes that exist', () => {
    expect(Object.keys(STATUS_OF_FAULT).sort()).toEqual([...CODES].sort());
  });

  it('is never called a mistake of the caller when a retry may succeed, but for limits and what does not run yet', () => {
    const limits = CODES.filter((code) => FAULT_CODES[code].retryable && STATUS_OF_FAULT[code] < 500);
    expect(limits).toEqual(['RATE_LIMITED', 'QUEUE_FULL', 'NOT_RUNNING']);
  });

  it('says when to come back', async () => {
    const { app } = serve(() => faults.queueFull(7));
    const answer = await app.inject('/fail');
    expect([answer.statusCode, answer.headers['retry-after'], answer.json().retry_after]).toEqual([
      429,
      '7',
      7,
    ]);
  });
});

describe('a bug', () => {
  it.each<[string, () => unknown]>([
    ['an error', () => new Error('password=hunter2 at /srv/db.ts')],
    ['a text', () => 'password=hunter2'],
    ['nothing', () => null],
    ['an error that carries a status', () => Object.assign(new Error('hunter2'), { statusCode: 418 })],
    ['an error of another library', () => Object.assign(new Error('hunter2'), { code: '42P01' })],
  ])('as %s is a 500 without details', async (_name, thrown) => {
    const { app } = serve(thrown);
    const answer = await app.inject('/fail');
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toEqual({ error: 'internal error', code: 'internal' });
  });

  it('stands in the log with its stack and the id of the request', async () => {
    const { app, lines } = serve(() => new Error('the shelf fell'));
    await app.inject('/fail');
    const entry = lines
      .map((line) => JSON.parse(line))
      .find((line) => line.msg === 'request failed by a bug');
    expect(entry.err.stack).toContain('render-fault.test.ts');
    expect(entry.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('errors of libraries', () => {
  it('are translated before they count as bugs', async () => {
    const answer = await serve(() => new Error('database gone')).app.inject('/fail');
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '2']);
  });

  it('of the framework about bad requests are 4xx', () => {
    const codeOf = (code: string) => toFault(Object.assign(new Error('x'), { code })).code;
    expect(codeOf('FST_ERR_CTP_BODY_TOO_LARGE')).toBe('BODY_TOO_LARGE');
    expect(codeOf('FST_ERR_CTP_INVALID_CONTENT_LENGTH')).toBe('INVALID_REQUEST');
    expect(codeOf('FST_ERR_BAD_URL')).toBe('INVALID_REQUEST');
  });

  it('of a content type or a method that nobody serves are mistakes of the caller', async () => {
    const { app } = serve(() => null);
    app.post('/take', async () => 'taken');
    const headers = { 'content-type': 'garbage' };
    const odd = await app.inject({ method: 'POST', url: '/take', headers, payload: '{}' });
    expect([odd.statusCode, odd.json().code]).toEqual([415, 'unsupported_media_type']);
    const query = await app.inject({ method: 'QUERY' as 'GET', url: '/take' });
    expect(query.statusCode).toBe(404);
  });

  it('in the URL answer 400 in our shape', async () => {
    const answer = await serve(() => null).app.inject('/%zz');
    expect([answer.statusCode, answer.json()]).toEqual([
      400,
      { error: 'invalid URL', code: 'invalid_request' },
    ]);
  });
});
