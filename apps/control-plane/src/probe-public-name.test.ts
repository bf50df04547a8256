// Tests of the probe: it asks for a tenant by its name and says what answered, or why nothing did.

import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { Secret, systemClock } from '@molecule/kit';
import { testAuthority } from '@molecule/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { createProbe, PROBE_HEADER } from './probe-public-name.ts';

let server: Server | null = null;
afterEach(() => server?.close());

const probeAt = (baseUrl: string) =>
  createProbe({ baseUrl, appDomain: 'example.test', edgeKey: Secret.of('key') }, systemClock);
const listen = async (made: Server) => {
  server = made;
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return (made.address() as AddressInfo).port;
};

describe('the probe of a public name', () => {
  it('asks by the name, signed, and tells the status', async () => {
    const asked: (string | undefined)[] = [];
    const port = await listen(
      createServer(({ headers }, response) => {
        asked.push(headers.host, typeof headers[PROBE_HEADER]);
        response.writeHead(401).end();
      }),
    );
    expect(await probeAt(`http://127.0.0.1:${port}`)('acme')).toBe(401);
    expect(asked).toEqual([`acme.example.test:${port}`, 'string']);
  });

  it('says why nothing answered: nobody there, or a certificate that nobody trusts', async () => {
    expect(await probeAt('http://127.0.0.1:1')('acme')).toBe('ECONNREFUSED');
    const { cert, key } = await (await testAuthority()).issue(['example.test']);
    const port = await listen(createTlsServer({ cert, key }, (_, response) => response.end()));
    expect(await probeAt(`https://127.0.0.1:${port}`)('acme')).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });
});
