// Set key-value: one write, checked against its limits and, when asked, against the version that the caller saw.

import type { BodyOf, keyValues } from '@molecule/contracts';
import { Fault, faults, LIMITS } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import { requireWorkspace, type WorkspaceDirectory } from '../workspaces/index.ts';
import type { KeyValueStore } from './key-value-store.ts';

export interface KeyValueDeps {
  keyValues: KeyValueStore;
  directory: WorkspaceDirectory;
  clock: Clock;
  /** Told of every change; takes no time. */
  onChanged(workspaceId: string): void;
}

/** Resolves with the new version. */
export async function setKeyValue(
  deps: KeyValueDeps,
  workspaceId: string,
  input: BodyOf<typeof keyValues.setKeyValue>,
): Promise<{ key: string; version: number }> {
  const workspace = requireWorkspace(deps.directory, workspaceId);
  const key = input.key ?? '';
  const value = JSON.stringify(input.value);
  checkWrite(key, value);
  const outcome = await deps.keyValues.write({
    workspaceId: workspace.id,
    key,
    value,
    expiresAt: input.ttl_seconds ? deps.clock.now() + input.ttl_seconds * 1000 : null,
    ifVersion: input.if_match_version ?? null,
  });
  if (outcome.kind === 'stored') {
    deps.onChanged(workspace.id);
    return { key, version: outcome.version };
  }
  if (outcome.kind === 'full') throw new Fault('QUEUE_FULL', 'this workspace keeps too much already');
  const suffix = outcome.currentVersion === null ? ': key does not exist' : '';
  throw faults.conflict(`if_match_version mismatch${suffix}`, {
    expected_version: input.if_match_version,
    current_version: outcome.currentVersion,
  });
}

function checkWrite(key: string, value: string | undefined): asserts value is string {
  if (key === '') throw faults.invalidRequest('key is required');
  if (key.length > LIMITS.keyValueKeyChars)
    throw faults.invalidRequest(`key must be <= ${LIMITS.keyValueKeyChars} characters`);
  if (value === undefined) throw faults.invalidRequest('invalid request body', { details: 'value: missing' });
  if (Buffer.byteLength(value) > LIMITS.keyValueBytes) throw faults.bodyTooLarge(LIMITS.keyValueBytes);
}
