// Test certificates: an authority of the test's own, and certificates of it for any name and time.

import { createPrivateKey, type webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 24 * 3_600_000;

export interface TestAuthority {
  /** PEM, for `ca`. */
  certificate: string;
  issue(names: string[], endsAt?: number): Promise<{ cert: string; key: string }>;
}

export async function testAuthority(): Promise<TestAuthority> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const name = 'CN=Authority of a test';
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    keys,
    notBefore: new Date(Date.now() - 1_000 * DAY_MS),
    notAfter: new Date(Date.now() + 1_000 * DAY_MS),
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    certificate: own.toString('pem'),
    issue: async (names, endsAt = Date.now() + 90 * DAY_MS) => {
      const pair = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
      const issued = await x509.X509CertificateGenerator.create({
        issuer: name,
        subject: `CN=${names[0]}`,
        notBefore: new Date(endsAt - 90 * DAY_MS),
        notAfter: new Date(endsAt),
        signingKey: keys.privateKey,
        publicKey: pair.publicKey,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value }))),
        ],
      });
      return { cert: issued.toString('pem'), key: await pemOf(pair.privateKey) };
    },
  };
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key));
  const read = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return String(read.export({ format: 'pem', type: 'pkcs8' }));
}
