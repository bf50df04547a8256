// Commit memory: the one way in for everything that is remembered, whoever says it and through whichever door.
//
//   C1. The namespace is computed, or compared with what was computed, from the chart of this moment.
//   C2. What looks like a credential is cut out before anything leaves the server.
//   C3. The answer comes after the plugin has it: a memory is stored, or the caller is told that it is not.

import type { memoryPlugin } from '@molecule/contracts';
import { Fault, faults, LIMITS, type WorkspaceState } from '@molecule/domain';
import { audited, digestOfContent } from './audit-memory.ts';
import type { Provenance } from './forget-ledger.ts';
import { isWide, kindOf, namespacesOf } from './memory-access.ts';
import type { MemoryDeps } from './memory-deps.ts';
import type { NewAudit } from './memory-ledger.ts';
import { defangMemory, redactMemory } from './redact-memory.ts';
import { uuidV7 } from './uuid-v7.ts';

export interface CommitInput {
  workspace: Pick<WorkspaceState, 'id'>;
  namespace: string;
  content: string;
  kind: memoryPlugin.MemoryKind;
  source: memoryPlugin.MemorySource;
  /** Epoch milliseconds. */
  expiresAt: number | null;
  isPinned: boolean;
  tag: string | null;
  /** Given by imports and seeds: the same id again is the same memory. */
  id?: string;
  createdAt?: number;
  /** The author, of what a root writes down in its name. */
  origin?: string;
  auditType?: NewAudit['activityType'];
  /** Where it comes from, as far as its writer says. */
  provenance?: GivenProvenance | null;
}

export type GivenProvenance = Pick<
  Provenance,
  'messageId' | 'file' | 'url' | 'subjects' | 'derivedFrom' | 'isOutside'
>;

export const DEFAULT_TAG = 'general';

/** Resolves with the memory's id. */
export async function commitMemory(deps: MemoryDeps, input: CommitInput): Promise<string> {
  const { workspace, namespace } = input;
  requireWritable(deps, workspace.id, namespace);
  const content = cleanContent(input.content, namespace);
  await checkExpiry(deps, input.expiresAt);
  const id = input.id ?? uuidV7(deps.clock.now());
  const tag = input.tag ?? DEFAULT_TAG;
  const write = () =>
    deps.plugin.write(namespace, {
      id,
      content,
      kind: input.kind,
      source: input.source,
      expiresAt: input.expiresAt,
      isPinned: input.isPinned,
      propagation: {
        tag,
        source_workspace_id: workspace.id,
        ...(input.origin === undefined ? {} : { origin: input.origin }),
      },
      createdAt: input.createdAt ?? null,
    });
  if (input.provenance)
    await deps.forgetting.noteProvenance({
      memoryId: id,
      namespace,
      writerId: workspace.id,
      ...input.provenance,
    });
  if (!isWide(namespace)) {
    await write();
    return id;
  }
  await deps.ledger.noteAuthor({ memoryId: id, namespace, writerId: workspace.id });
  if (kindOf(namespace) !== 'org') {
    await write();
    return id;
  }
  deps.orgs.note(workspace.id);
  return audited(
    deps,
    {
      activityType: input.auditType ?? 'memory_write_global',
      workspaceId: workspace.id,
      memoryId: id,
      label: input.tag ?? namespace,
      contentDigest: digestOfContent(content),
    },
    async () => {
      await write();
      return { result: id, isDone: true };
    },
  );
}

/** What would be stored of a content. */
export function cleanContent(content: string, namespace: string): string {
  const redacted = redactMemory(content);
  const clean = isWide(namespace) ? defangMemory(redacted) : redacted;
  if (
    Buffer.byteLength(clean) > LIMITS.memoryContentBytes ||
    Buffer.byteLength(content) > LIMITS.memoryContentBytes
  )
    throw new Fault('BODY_TOO_LARGE', `content is larger than ${LIMITS.memoryContentBytes} bytes`);
  return clean;
}

/** A namespace that is closed and one that does not exist are refused alike. */
export function requireWritable(
  deps: Pick<MemoryDeps, 'directory' | 'orgs'>,
  id: string,
  namespace: string,
): void {
  const open = namespacesOf(deps.directory, deps.orgs, id);
  if (open.some(({ name, isWritable }) => isWritable && name === namespace)) return;
  throw faults.forbidden('this workspace cannot write to that namespace');
}

/** Throws INVALID_REQUEST for an end that has passed, or that the plugin could not keep. */
export async function checkExpiry(
  deps: Pick<MemoryDeps, 'clock' | 'plugin'>,
  expiresAt: number | null,
): Promise<void> {
  if (expiresAt === null) return;
  if (expiresAt <= deps.clock.now()) throw faults.invalidRequest('expires_at must not be in the past');
  if (!(await deps.plugin.has('ttl')))
    throw faults.invalidRequest(
      'the memory plugin of this tenant cannot expire memories; leave expires_at out',
    );
}
