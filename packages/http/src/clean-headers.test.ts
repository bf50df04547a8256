// Tests of the header hygiene, both ways.

import { describe, expect, it } from 'vitest';
import { cleanRequestHeaders, cleanResponseHeaders } from './clean-headers.ts';

const seen = {
  clientAddress: '198.51.100.7',
  scheme: 'http' as const,
  isForTenant: true,
  say: { 'x-molecule-org-id': 'org-a', 'x-molecule-edge': 'signed' },
};

function pairs(flat: string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2)
    found[(flat[i] as string).toLowerCase()] = flat[i + 1] as string;
  return found;
}

describe('the headers of a request', () => {
  it.each([
    'X-Forwarded-For',
    'X-Forwarded-Proto',
    'X-Forwarded-Host',
    'Forwarded',
    'X-Real-IP',
    'True-Client-IP',
    'Via',
    'Fly-Replay-Src',
    'X-Molecule-Org-Id',
    'X-Molecule-Edge',
    'X-Molecule-Org-Slug',
    'X-Molecule-Anything',
  ])('cannot be forged: %s (H2, H3)', (name) => {
    const clean = pairs(cleanRequestHeaders([name, 'forged', 'Accept', '*/*'], seen));
    expect(Object.values(clean)).not.toContain('forged');
    expect(clean).toEqual({
      accept: '*/*',
      'x-forwarded-for': '198.51.100.7',
      'x-forwarded-proto': 'http',
      'x-molecule-org-id': 'org-a',
      'x-molecule-edge': 'signed',
    });
  });

  it('keep Host, Origin, cookies and the bearer (H4)', () => {
    const raw = [
      'Host',
      'acme.localhost:8080',
      'Origin',
      'http://evil.example',
      'Cookie',
      'a=b',
      'Authorization',
      'Bearer x',
    ];
    const clean = pairs(cleanRequestHeaders(raw, seen));
    expect(clean).toMatchObject({
      host: 'acme.localhost:8080',
      origin: 'http://evil.example',
      cookie: 'a=b',
    });
    expect(clean.authorization).toBe('Bearer x');
  });

  it('lose what concerns one connection, also where Connection names it (H1)', () => {
    const raw = [
      'Connection',
      'close, X-Secret',
      'X-Secret',
      '1',
      'TE',
      'trailers',
      'Upgrade',
      'h2c',
      'X-Kept',
      '2',
    ];
    const clean = pairs(cleanRequestHeaders(raw, seen));
    expect(
      Object.keys(clean).filter((name) => !name.startsWith('x-forwarded') && !name.startsWith('x-molecule')),
    ).toEqual(['x-kept']);
  });

  it('keep the two that are credentials of the control plane, for it alone (H3)', () => {
    const raw = ['X-Molecule-Admin-Token', 't', 'X-Molecule-Org-Id', 'o', 'X-Molecule-Edge', 'forged'];
    const clean = pairs(cleanRequestHeaders(raw, { ...seen, isForTenant: false, say: {} }));
    expect(clean).toMatchObject({ 'x-molecule-admin-token': 't', 'x-molecule-org-id': 'o' });
    expect(clean['x-molecule-edge']).toBeUndefined();
  });
});

describe('the headers of an answer', () => {
  it('lose the connection and the make of the server, and keep repeated cookies', () => {
    const raw = [
      'Connection',
      'keep-alive',
      'Server',
      'x',
      'Set-Cookie',
      'a=1',
      'Set-Cookie',
      'b=2',
      'Transfer-Encoding',
      'chunked',
    ];
    expect(cleanResponseHeaders(raw.map((text) => Buffer.from(text)))).toEqual([
      'Set-Cookie',
      'a=1',
      'Set-Cookie',
      'b=2',
    ]);
  });
});
