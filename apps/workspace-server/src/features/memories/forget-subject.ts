// Forget subject: first shows what would go, then lets it go, and leaves a receipt.
//
//   G1. What goes is what was shown: who confirms names the list; if it is another one by now, nothing goes.
//   G2. The receipt with every item is committed first. What the plugin cannot do now is done by a loop later, and until
//       then the receipt says `pending`.
//   G3. A memory goes with its vectors and words (at the plugin), its author, source, reading and suggestions (here), and
//       with the activity that quotes it.

import { createHash, randomUUID } from 'node:crypto';
import type { memories as wire } from '@molecule/contracts';
import { Fault, isFault, LIMITS } from '@molecule/domain';
import { type FoundItem, findSubject } from './find-subject.ts';
import type { ForgetItem, Receipt } from './forget-ledger.ts';
import { isAway } from './keep-promises.ts';
import { ownerOf } from './memory-access.ts';
import type { MemoryDeps } from './memory-deps.ts';

const BATCH = 20;
const DAY_MS = 24 * 3_600_000;

export const NOT_COVERED = [
  'messages, chat history and other activity, which are removed with their workspace',
  'files of workspaces',
  'copies that agents, people or other services made',
];

export async function previewForgetting(
  deps: MemoryDeps,
  subject: wire.ForgetSubject,
): Promise<{ confirm: string; items: FoundItem[]; backupsUntil: number }> {
  const items = await findSubject(deps, subject);
  return { confirm: digestOf(items), items, backupsUntil: backupsUntil(deps) };
}

export async function forgetSubject(
  deps: MemoryDeps,
  subject: wire.ForgetSubject,
  confirm: string,
  requestedBy: string,
): Promise<Receipt> {
  const items = await findSubject(deps, subject);
  if (digestOf(items) !== confirm)
    throw new Fault(
      'CONFLICT',
      'what would be forgotten is not what you confirmed; look at the preview again',
    );
  const id = await openReceipt(deps, subject.kind, subject.value, requestedBy, items);
  return settle(deps, id);
}

/**
 * One memory, for somebody who may write where it is; with what was made of it. False when there is no such memory.
 * Where something was made of it, the receipt comes first (G2), and so does a look whether the memory is really there: else the
 * id of somebody else's memory would take away what others made of it.
 */
export async function forgetOne(
  deps: MemoryDeps,
  memory: { id: string; namespace: string },
  requestedBy: string,
): Promise<boolean> {
  const derived = await derivedOf(deps, [memory.id]);
  const isThere =
    derived.length === 0
      ? await deps.plugin.forget(memory.namespace, memory.id)
      : (await deps.plugin.get(memory.namespace, memory.id)) !== null;
  if (!isThere) return false;
  const items: ForgetItem[] = [{ kind: 'memory', ...memory, memoryKind: null, why: 'asked' }, ...derived];
  const mentions = await deps.forgetting.mentions(
    items.map(({ id }) => id),
    LIMITS.forgottenAtOnce,
  );
  for (const { id, workspaceId } of mentions) items.push(mentionOf(id, workspaceId));
  await settle(deps, await openReceipt(deps, 'memory', memory.id, requestedBy, items));
  return true;
}

export function mentionOf(id: string, workspaceId: string): ForgetItem {
  return { kind: 'activity', id, namespace: `workspace:${workspaceId}`, memoryKind: null, why: 'mention' };
}

async function derivedOf(deps: MemoryDeps, ids: readonly string[]): Promise<ForgetItem[]> {
  const known = new Set(ids);
  const found: ForgetItem[] = [];
  for (let next = [...ids]; next.length > 0 && found.length <= LIMITS.forgottenAtOnce; ) {
    const derived = (await deps.forgetting.derivedFrom(next, LIMITS.forgottenAtOnce)).filter(
      ({ memoryId }) => !known.has(memoryId),
    );
    for (const { memoryId, namespace } of derived) {
      known.add(memoryId);
      found.push({ kind: 'memory', id: memoryId, namespace, memoryKind: null, why: 'derived' });
    }
    next = derived.map(({ memoryId }) => memoryId);
  }
  return found;
}

async function openReceipt(
  deps: MemoryDeps,
  subjectKind: wire.ForgetSubjectKind,
  value: string,
  requestedBy: string,
  items: readonly ForgetItem[],
): Promise<string> {
  const id = randomUUID();
  await deps.forgetting.open({
    id,
    subjectKind,
    subjectDigest: createHash('sha256').update(value, 'utf8').digest(),
    requestedBy,
    backupsUntil: backupsUntil(deps),
    items,
  });
  return id;
}

/** Does what is left of it; a plugin that is away leaves the rest to the loop (G2). */
async function settle(deps: MemoryDeps, receiptId: string): Promise<Receipt> {
  try {
    await removeItems(deps, receiptId);
  } catch (error) {
    if (!isFault(error) || !isAway(error)) throw error;
    deps.log.warn({ err: error, receiptId }, 'a forgetting waits for the memory plugin');
  }
  const receipt = await deps.forgetting.read(receiptId);
  if (!receipt) throw new Error('a receipt was opened and is not there');
  return receipt;
}

/** Run by a supervised loop: how many receipts were settled. */
export async function finishForgettings(deps: MemoryDeps): Promise<number> {
  const pending = await deps.forgetting.pending(BATCH);
  for (const id of pending) await removeItems(deps, id);
  return pending.length;
}

async function removeItems(deps: MemoryDeps, receiptId: string): Promise<void> {
  const receipt = await deps.forgetting.read(receiptId);
  if (receipt?.state !== 'pending') return;
  for (const item of receipt.items) {
    if (item.goneAt !== null) continue;
    if (item.kind === 'memory') await deps.plugin.forget(item.namespace, item.id);
    if (item.kind === 'key') await deps.keyValues.remove(ownerOf(item.namespace), item.id);
    await deps.forgetting.gone(receiptId, item);
  }
  await deps.forgetting.finish(receiptId);
}

function backupsUntil({ clock, backupDays }: MemoryDeps): number {
  return clock.now() + backupDays * DAY_MS;
}

function digestOf(items: readonly ForgetItem[]): string {
  const lines = items.map(({ kind, namespace, id }) => JSON.stringify([kind, namespace, id])).sort();
  return createHash('sha256').update(lines.join('\n'), 'utf8').digest('hex');
}
