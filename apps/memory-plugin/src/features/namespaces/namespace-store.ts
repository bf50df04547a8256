// Namespace store: the rooms that memories live in.
//
//   N1. A deleted or expired namespace is gone at once; its memories go with it and never come back with its name.
//   N2. An upsert that says nothing of a field leaves it as it is.

import type { memoryPlugin } from '@molecule/contracts';

export interface Namespace {
  name: string;
  kind: memoryPlugin.NamespaceKind;
  /** Epoch milliseconds, as the other times. */
  expiresAt: number | null;
  metadata: Record<string, unknown> | null;
  createdAt: number;
}

export interface NamespaceChange {
  expiresAt?: number | null;
  metadata?: Record<string, unknown> | null;
}

export interface NamespaceStore {
  upsert(name: string, kind: memoryPlugin.NamespaceKind, change: NamespaceChange): Promise<Namespace>;
  /** Null when there is no such namespace. */
  patch(name: string, change: NamespaceChange): Promise<Namespace | null>;
  read(name: string): Promise<(Namespace & { count: number; bytes: number }) | null>;
  /** False when there was none. Resolves after its memories are gone. */
  remove(name: string): Promise<boolean>;
  /** Removes what deletes and expiries left behind; returns how many rows. */
  sweep(batch: number): Promise<number>;
}
