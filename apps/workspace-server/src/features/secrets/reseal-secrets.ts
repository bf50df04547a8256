// Reseal secrets: brings every secret under the key in use, while everything goes on. Also what an older installation
// left sealed without its place, or not sealed at all.
//
//   Q1. An old key is given up only when nothing that it opens is left.
//   Q2. A secret that was changed meanwhile is left to whoever changed it.
//   Q3. One round at a time: a second rotation waits for the first.

import { type Log, SealBroken, type Semaphore } from '@molecule/kit';
import type { KeyRing } from './key-ring.ts';
import type { SealedSecret, SecretStore } from './secret-store.ts';
import type { SecretVault } from './secret-vault.ts';

export interface ResealDeps {
  secrets: Pick<SecretStore, 'listOutdated' | 'reseal'>;
  vault: SecretVault;
  keys: KeyRing;
  /** With one place (Q3). */
  lock: Semaphore;
  log: Log;
}

export interface ResealOutcome {
  resealed: number;
  /** Secrets whose key is not here, or whose bytes are damaged. */
  unreadable: number;
}

const BATCH = 200;

export function rotateKey(deps: ResealDeps): Promise<{ keyId: string; resealed: number }> {
  return deps.lock.run(async () => {
    await deps.keys.addKey();
    const outcome = await resealAll(deps);
    const keyId = deps.vault.currentKey.id;
    deps.log.info({ ...outcome, keyId }, 'secrets are sealed with a new key');
    return { keyId, resealed: outcome.resealed };
  });
}

export function resealSecrets(deps: ResealDeps): Promise<ResealOutcome> {
  return deps.lock.run(() => resealAll(deps));
}

async function resealAll(deps: ResealDeps): Promise<ResealOutcome> {
  const { secrets, vault, keys, log } = deps;
  await vault.settled();
  const outcome: ResealOutcome = { resealed: 0, unreadable: 0 };
  let openable = 0;
  for (let after: string | null = null; ; ) {
    const batch: SealedSecret[] = await secrets.listOutdated(vault.currentKey.id, after, BATCH);
    if (batch.length === 0) break;
    after = batch.at(-1)?.id ?? null;
    for (const secret of batch) {
      const result = await resealOne(deps, secret);
      if (result === 'resealed') outcome.resealed++;
      else if (result === 'unreadable') {
        outcome.unreadable++;
        if (vault.canOpen(secret)) openable++;
      }
    }
  }
  if (outcome.unreadable > 0) {
    log.error(outcome, 'secrets cannot be decrypted: their key is not here, or they are damaged');
  }
  // Q1. A damaged secret keeps its key: somebody may mend it from a backup.
  if (openable === 0) await keys.dropOthers();
  return outcome;
}

async function resealOne(
  { secrets, vault, log }: ResealDeps,
  secret: SealedSecret,
): Promise<'resealed' | 'changed' | 'unreadable'> {
  try {
    const { sealed, keyId } = vault.seal(secret, vault.open(secret));
    return (await secrets.reseal(secret, sealed, keyId)) ? 'resealed' : 'changed';
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    log.warn({ name: secret.name, workspaceId: secret.workspaceId }, 'a secret cannot be decrypted');
    return 'unreadable';
  }
}
