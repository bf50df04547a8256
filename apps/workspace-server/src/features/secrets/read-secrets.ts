// Read secrets: names for people, values for the agent that uses them.
//
//   N1. A listing never holds a value.
//   N2. Values come as a whole or not at all: one secret that does not open refuses the rest.
//   N3. Values go to the workspace's own token; without one only while the workspace has no live token at all.

import type { secrets as contract } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import type { Caller } from '@molecule/http';
import { type Log, SealBroken, type Secret } from '@molecule/kit';
import type { TokenCensus } from '../access/index.ts';
import { isRestartable } from '../config/index.ts';
import { requireWorkspace, type WorkspaceDirectory } from '../workspaces/index.ts';
import { asFailure } from './as-failure.ts';
import type { SealedSecret, SecretName, SecretPlace, SecretStore } from './secret-store.ts';
import type { SecretVault } from './secret-vault.ts';

export interface ReadSecretsDeps {
  secrets: SecretStore;
  vault: SecretVault;
  directory: WorkspaceDirectory;
  access: TokenCensus;
  log: Log;
}

const UNREADABLE = 'one or more secrets failed to decrypt; refusing to return partial bundle';

export async function listSecrets(deps: ReadSecretsDeps, workspaceId: string): Promise<contract.SecretRow[]> {
  const own = await asFailure('query failed', () => deps.secrets.names(workspaceId));
  const names = new Set(own.map(({ name }) => name));
  const all = await globalNames(deps);
  return [...own, ...all.filter(({ name }) => !names.has(name))].map(toRow);
}

/** The contract wants the workspace's own names also when the global ones cannot be read. */
async function globalNames(deps: ReadSecretsDeps): Promise<SecretName[]> {
  try {
    return await deps.secrets.names(null);
  } catch (error) {
    deps.log.warn({ err: error }, 'global secrets are missing in a list of secrets');
    return [];
  }
}

export async function listGlobalSecrets(deps: ReadSecretsDeps): Promise<contract.SecretRow[]> {
  return (await asFailure('query failed', () => deps.secrets.names(null))).map(toRow);
}

/** N3. */
export function requireOwnAgent(deps: ReadSecretsDeps, caller: Caller, workspaceId: string): void {
  if (caller.kind === 'workspace' && caller.workspaceId === workspaceId) return;
  if (!deps.access.hasLiveToken(workspaceId)) return;
  if (caller.kind === 'anonymous' || caller.kind === 'session') {
    throw faults.authRequired('missing workspace auth token');
  }
  throw faults.invalidCredential('invalid workspace auth token');
}

export async function readValues(
  deps: ReadSecretsDeps,
  workspaceId: string,
): Promise<Record<string, string>> {
  const opened = await openSecrets(deps, workspaceId, UNREADABLE);
  return Object.fromEntries([...opened.global, ...opened.own].map(([name, value]) => [name, value.reveal()]));
}

export interface OpenedSecrets {
  global: ReadonlyMap<string, Secret>;
  own: ReadonlyMap<string, Secret>;
}

/** N2. Throws SECRET_UNREADABLE, which names the secrets. */
export async function openSecrets(
  deps: Pick<ReadSecretsDeps, 'secrets' | 'vault'>,
  workspaceId: string,
  refusal?: string,
): Promise<OpenedSecrets> {
  const sealed = await asFailure('query failed', () => deps.secrets.listFor(workspaceId));
  const global = new Map<string, Secret>();
  const own = new Map<string, Secret>();
  const failed: string[] = [];
  for (const secret of sealed) {
    const value = openOrNull(deps.vault, secret);
    if (value) (secret.workspaceId === null ? global : own).set(secret.name, value);
    else failed.push(`${secret.workspaceId === null ? 'global' : 'workspace'}:${secret.name}`);
  }
  if (failed.length > 0) {
    const sentence = `these secrets cannot be decrypted, so set them again: ${failed.join(', ')}`;
    throw faults.secretUnreadable(refusal ?? sentence, failed);
  }
  return { global, own };
}

export async function readModel(
  deps: ReadSecretsDeps,
  place: SecretPlace,
): Promise<{ model: string; source: 'default' | 'workspace_secrets' }> {
  const secret = await asFailure('query failed', () => deps.secrets.find(place));
  if (!secret) return { model: '', source: 'default' };
  const value = openOrNull(deps.vault, secret);
  if (!value) throw faults.secretUnreadable('failed to decrypt', [`workspace:${place.name}`]);
  return { model: value.reveal(), source: 'workspace_secrets' };
}

/** Those that a change of a workspace's own secret, or of a global one, starts again. */
export async function listDependents(deps: ReadSecretsDeps, place: SecretPlace): Promise<string[]> {
  const { workspaceId } = place;
  const reached =
    workspaceId === null
      ? await asFailure('query failed', () => deps.secrets.reachedByGlobal(place.name))
      : [requireWorkspace(deps.directory, workspaceId).id];
  return reached.filter((id) => {
    const state = deps.directory.get(id);
    return state !== null && isRestartable(deps.directory, state);
  });
}

function openOrNull(vault: SecretVault, secret: SealedSecret): Secret | null {
  try {
    return vault.open(secret);
  } catch (error) {
    if (!(error instanceof SealBroken)) throw error;
    return null;
  }
}

/** N1. */
function toRow({ name, scope, createdAt, updatedAt }: SecretName): contract.SecretRow {
  return {
    key: name,
    has_value: true,
    scope,
    created_at: new Date(createdAt).toISOString(),
    updated_at: new Date(updatedAt).toISOString(),
  };
}
