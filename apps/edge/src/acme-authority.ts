// ACME authority: one order of one name, proven by HTTP-01 (RFC 8555), with an account key that is kept.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as acme from 'acme-client';
import type { CertificateAndKey } from './certificates.ts';
import { writeWhole } from './write-whole.ts';

const REQUEST_LIMIT_MS = 10_000;

/** Puts the answer to a challenge where the authority asks for it; what it answers takes it away again. */
export type PutAnswer = (token: string, text: string) => () => void;
export type Issue = (name: string, put: PutAnswer) => Promise<CertificateAndKey>;

export function createAcmeAuthority(options: { directoryUrl: string; email: string; folder: string }): Issue {
  // The library's own tries are few: who orders waits longer and longer between orders.
  Object.assign(acme.axios.defaults, {
    timeout: REQUEST_LIMIT_MS,
    acmeSettings: { ...settingsOf(acme.axios.defaults), retryMaxAttempts: 1, retryDefaultDelay: 1 },
  });
  let client: acme.Client | null = null;
  return async (name, put) => {
    try {
      client ??= new acme.Client({
        directoryUrl: options.directoryUrl,
        accountKey: await accountKey(join(options.folder, 'account.pem')),
        backoffAttempts: 20,
        backoffMin: 500,
        backoffMax: 4_000,
      });
      const [key, csr] = await acme.crypto.createCsr(
        { altNames: [name] },
        await acme.crypto.createPrivateEcdsaKey('P-256'),
      );
      const answers = new Map<string, () => void>();
      const cert = await client.auto({
        csr,
        email: options.email,
        termsOfServiceAgreed: true,
        challengePriority: ['http-01'],
        // The authority looks; the edge need not reach itself by its public name.
        skipChallengeVerification: true,
        challengeCreateFn: async (_, challenge, text) => {
          if (challenge.type !== 'http-01') throw new Error('the authority offers no HTTP-01');
          answers.set(challenge.token, put(challenge.token, text));
        },
        challengeRemoveFn: async (_, { token }) => answers.get(token)?.(),
      });
      return { cert: Buffer.from(cert), key };
    } catch (error) {
      // An account that the authority forgot is made anew by the next order.
      client = null;
      throw error;
    }
  };
}

function settingsOf(defaults: object): object {
  return (defaults as { acmeSettings?: object }).acmeSettings ?? {};
}

async function accountKey(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const key = await acme.crypto.createPrivateEcdsaKey('P-256');
    await writeWhole(file, key);
    return key;
  }
}
