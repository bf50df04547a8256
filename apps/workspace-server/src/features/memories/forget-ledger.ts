// Forget ledger: where memories come from, and what was forgotten on request.
//
//   F1. Where a memory comes from is noted before the plugin gets it, so whatever was made of it is found again.
//   F2. A receipt with everything that has to go is committed before anything goes; what is left of it when somebody dies
//       is done by a loop. The AUDIT event that tells of it is part of that commit.
//   F3. Nothing here holds a content; of a subject that is a text, only a digest is kept.

import type { memoryPlugin, memories as wire } from '@molecule/contracts';

export interface Provenance {
  memoryId: string;
  namespace: string;
  writerId: string;
  messageId: string | null;
  file: string | null;
  url: string | null;
  /** In small letters. */
  subjects: readonly string[];
  /** Ids of the memories that a summary was made of. */
  derivedFrom: readonly string[];
  /** What it says came from outside the organisation. */
  isOutside: boolean;
  /** Epoch milliseconds. */
  createdAt: number;
}

export interface ForgetItem {
  kind: wire.ForgetItemKind;
  id: string;
  /** Of a memory its namespace; of a key or an activity `workspace:<id>`. */
  namespace: string;
  memoryKind: memoryPlugin.MemoryKind | null;
  why: wire.ForgetReason;
}

export interface NewReceipt {
  id: string;
  subjectKind: wire.ForgetSubjectKind;
  subjectDigest: Buffer;
  requestedBy: string;
  backupsUntil: number;
  items: readonly ForgetItem[];
}

export interface Receipt extends Omit<NewReceipt, 'items'> {
  state: 'pending' | 'done';
  createdAt: number;
  finishedAt: number | null;
  items: readonly (ForgetItem & { goneAt: number | null })[];
}

export type ReceiptSummary = Omit<Receipt, 'items'> & { memories: number; keys: number; activities: number };

export interface ForgetLedger {
  noteProvenance(provenance: Omit<Provenance, 'createdAt'>): Promise<void>;
  provenanceOf(memoryIds: readonly string[]): Promise<ReadonlyMap<string, Provenance>>;
  /** At most `limit` memories that came from there. */
  from(kind: 'message' | 'file' | 'url' | 'subject', value: string, limit: number): Promise<Provenance[]>;
  derivedFrom(memoryIds: readonly string[], limit: number): Promise<Provenance[]>;
  /** Memories that this workspace wrote for others. */
  writtenBy(workspaceId: string, limit: number): Promise<{ memoryId: string; namespace: string }[]>;
  /** Activities that quote these memories. */
  mentions(memoryIds: readonly string[], limit: number): Promise<{ id: string; workspaceId: string }[]>;

  open(receipt: NewReceipt): Promise<void>;
  pending(limit: number): Promise<string[]>;
  read(receiptId: string): Promise<Receipt | null>;
  list(limit: number): Promise<ReceiptSummary[]>;
  /** The item is gone at the plugin: what we know of it goes too. */
  gone(receiptId: string, item: ForgetItem): Promise<void>;
  /** True the first time. */
  finish(receiptId: string): Promise<boolean>;
  /** Of these, the ids that were forgotten on request: an import does not bring them back. */
  forgotten(memoryIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** The namespace is deleted: so is what we know of its memories. */
  dropNamespace(namespace: string): Promise<void>;
}
