// Audit memory: organisation-wide writes and deletions, as activity that names the memory and never holds its text.

import { createHash, randomUUID } from 'node:crypto';
import { recordActivity } from '../activity/index.ts';
import { wasSurelyNotDone } from './http-memory-plugin.ts';
import type { MemoryDeps } from './memory-deps.ts';
import type { Audit, NewAudit } from './memory-ledger.ts';

type AuditDeps = Pick<MemoryDeps, 'ledger' | 'record' | 'clock' | 'log'>;

/** Intended this long ago and not finished: whoever wrote it is gone. Milliseconds. */
const ABANDONED_MS = 60_000;
const BATCH = 100;

export function digestOfContent(content: string): Buffer {
  return createHash('sha256').update(content, 'utf8').digest();
}

/** `work` between its intention and its activity. What the plugin refused is not told; what nobody knows of is. */
export async function audited<T>(
  deps: AuditDeps,
  what: Omit<NewAudit, 'id'>,
  work: () => Promise<{ result: T; isDone: boolean }>,
): Promise<T> {
  const audit: NewAudit = { ...what, id: randomUUID() };
  await deps.ledger.intend(audit);
  const { result, isDone } = await work().catch(async (error: unknown) => {
    if (wasSurelyNotDone(error)) await deps.ledger.withdraw(audit.id);
    throw error;
  });
  if (!isDone) {
    await deps.ledger.withdraw(audit.id);
    return result;
  }
  try {
    await deps.ledger.done(audit.id);
    await tell(deps, { ...audit, isDone: true });
  } catch (error) {
    // The intention stays, and the loop tells it.
    deps.log.warn({ err: error, auditId: audit.id }, 'an audit of memory is told later');
  }
  return result;
}

/** Tells what was not told yet; run by a supervised loop. */
export async function tellAudits(deps: AuditDeps): Promise<number> {
  const audits = await deps.ledger.untold(deps.clock.now() - ABANDONED_MS, BATCH);
  for (const audit of audits) await tell(deps, audit);
  return audits.length;
}

async function tell(deps: AuditDeps, audit: Audit): Promise<void> {
  const verb = { memory_write_global: 'written', 'memory.forget': 'forgotten', 'memory.import': 'imported' };
  await recordActivity(deps.record, {
    workspaceId: audit.workspaceId,
    type: audit.activityType,
    sourceId: audit.workspaceId,
    status: audit.isDone ? 'ok' : 'error',
    summary: `GLOBAL memory ${verb[audit.activityType]}: id=${audit.memoryId} namespace=${audit.label}`,
    errorDetail: audit.isDone ? null : 'the plugin did not answer; the outcome is unknown',
    requestBody: {
      memory_id: audit.memoryId,
      namespace: audit.label,
      ...(audit.contentDigest === null ? {} : { content_sha256: audit.contentDigest.toString('hex') }),
    },
  });
  await deps.ledger.told(audit.id);
}
