// Save secret: sets or deletes a secret of a workspace or of everybody. The agents that it reaches are started again by
// the generation that it makes; the answer does not wait for them.

import { faults, isReservedVariable, LIMITS } from '@molecule/domain';
import { Secret } from '@molecule/kit';
import type { ConfigHeads } from '../config/index.ts';
import { asFailure } from './as-failure.ts';
import type { SecretMask } from './secret-mask.ts';
import type { SecretPlace, SecretStore } from './secret-store.ts';
import type { SecretVault } from './secret-vault.ts';

export interface SaveSecretDeps {
  secrets: SecretStore;
  vault: SecretVault;
  heads: ConfigHeads;
  /** What is cut out of logs has changed. */
  mask: Pick<SecretMask, 'changed'>;
  publishSoon(): void;
  /** There may be agents to restart. */
  restartSoon(): void;
}

/** The 500 texts, which the contract fixes for each scope. */
const TEXTS = {
  workspace: {
    seal: 'failed to encrypt secret',
    save: 'failed to save secret',
    remove: 'failed to delete secret',
  },
  global: { seal: 'failed to encrypt', save: 'failed to save', remove: 'failed to delete' },
} as const;

export async function saveSecret(
  deps: SaveSecretDeps,
  actor: string,
  place: SecretPlace,
  value: string,
): Promise<void> {
  const problem = findProblem(place.name, value);
  if (problem) throw faults.invalidRequest('invalid request body', { details: problem });
  const texts = textsOf(place);
  const heads = await deps.vault.whileSealing(async () => {
    const sealed = await asFailure(texts.seal, async () => deps.vault.seal(place, Secret.of(value)));
    return asFailure(texts.save, () => deps.secrets.save(sealed, actor));
  });
  deps.heads.apply(heads);
  deps.mask.changed(place.workspaceId);
  deps.publishSoon();
  deps.restartSoon();
}

export async function deleteSecret(deps: SaveSecretDeps, actor: string, place: SecretPlace): Promise<void> {
  const heads = await asFailure(textsOf(place).remove, () => deps.secrets.remove(place, actor));
  if (!heads) throw faults.notFound('secret not found');
  deps.heads.apply(heads);
  deps.mask.changed(place.workspaceId);
  deps.publishSoon();
  deps.restartSoon();
}

/** A sentence when this cannot be a secret; never with the value in it. */
export function findProblem(name: string, value: string): string | null {
  if (name === '' || name.length > LIMITS.secretNameChars) {
    return `key: 1 to ${LIMITS.secretNameChars} characters`;
  }
  if (/[=\0\r\n]/.test(name)) return 'key: no "=", NUL or line break';
  if (isReservedVariable(name)) return `key: ${name} is set by the platform itself`;
  if (value === '') return 'value: must not be empty';
  if (value.includes('\0')) return 'value: no NUL';
  if (new TextEncoder().encode(value).length > LIMITS.secretValueBytes) {
    return `value: at most ${LIMITS.secretValueBytes} bytes`;
  }
  return null;
}

function textsOf({ workspaceId }: SecretPlace) {
  return workspaceId === null ? TEXTS.global : TEXTS.workspace;
}
