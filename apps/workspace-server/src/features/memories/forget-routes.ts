// Forget routes: what would go, letting it go, and the receipts.

import { memories as contract } from '@molecule/contracts';
import { faults, isUuid, LIMITS } from '@molecule/domain';
import { type Binder, describeCaller } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import type { ForgetItem, Receipt, ReceiptSummary } from './forget-ledger.ts';
import { forgetSubject, NOT_COVERED, previewForgetting } from './forget-subject.ts';
import type { MemoryDeps } from './memory-deps.ts';
import { saying } from './route-parts.ts';

export function bindForgetRoutes(app: FastifyInstance, binder: Binder, deps: MemoryDeps): void {
  binder.bind(app, contract.previewForgetting, async ({ body }) => {
    const preview = await saying('search failed', () => previewForgetting(deps, body.subject));
    return {
      confirm: preview.confirm,
      total: preview.items.length,
      items: preview.items
        .slice(0, LIMITS.previewedItems)
        .map((item) => ({ ...toItem(item), excerpt: item.excerpt })),
      backups_until: iso(preview.backupsUntil),
      not_covered: NOT_COVERED,
    };
  });

  binder.bind(app, contract.forgetBySubject, async ({ caller, body }) =>
    toFull(
      await saying('search failed', () =>
        forgetSubject(deps, body.subject, body.confirm, describeCaller(caller)),
      ),
    ),
  );

  binder.bind(app, contract.listReceipts, async () =>
    (await deps.forgetting.list(LIMITS.receiptsListed)).map(toSummary),
  );

  binder.bind(app, contract.readReceipt, async ({ params }) => {
    const receipt = isUuid(params.receiptId) ? await deps.forgetting.read(params.receiptId) : null;
    if (!receipt) throw faults.notFound('receipt not found');
    return toFull(receipt);
  });
}

function toFull(receipt: Receipt) {
  const count = (kind: ForgetItem['kind']) => receipt.items.filter((item) => item.kind === kind).length;
  const counts = { memories: count('memory'), keys: count('key'), activities: count('activity') };
  return {
    ...toSummary({ ...receipt, ...counts }),
    items: receipt.items.map((item) => ({
      ...toItem(item),
      ...(item.goneAt === null ? {} : { gone_at: iso(item.goneAt) }),
    })),
  };
}

function toSummary(receipt: ReceiptSummary): contract.ForgetReceipt {
  return {
    id: receipt.id,
    subject: { kind: receipt.subjectKind, sha256: receipt.subjectDigest.toString('hex') },
    requested_by: receipt.requestedBy,
    state: receipt.state,
    created_at: iso(receipt.createdAt),
    ...(receipt.finishedAt === null ? {} : { finished_at: iso(receipt.finishedAt) }),
    memories: receipt.memories,
    keys: receipt.keys,
    activities: receipt.activities,
    backups_until: iso(receipt.backupsUntil),
    not_covered: NOT_COVERED,
  };
}

function toItem({ kind, id, namespace, memoryKind, why }: ForgetItem) {
  return { kind, id, namespace, ...(memoryKind === null ? {} : { memory_kind: memoryKind }), why };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
