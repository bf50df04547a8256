// Frame memories: stored text on its way into a prompt, marked so that a model reads it as something that was said, and
// nothing in it can end the frame: the mark is random, and made after the text was written.

import { randomBytes } from 'node:crypto';
import { scopeOf } from './memory-access.ts';
import type { RecalledMemory } from './recall-memories.ts';

/** 128 random bits, one for each response. */
export function newFence(): string {
  return randomBytes(16).toString('hex');
}

/** What came from outside the organisation says so. */
export function frameMemory(memory: RecalledMemory, fence: string, isOutside = false): string {
  const from = memory.writerId === null ? '' : ` from=${memory.writerId}`;
  const at = new Date(memory.createdAt).toISOString();
  return `[memory ${fence} id=${memory.id} scope=${scopeOf(memory.namespace)} ns=${memory.namespace}${from}${isOutside ? ' origin=outside' : ''} at=${at}]\n${memory.content}\n[/memory ${fence}]`;
}

/** What a GLOBAL row looks like to clients of the scoped routes. */
export function prefixGlobal(memory: RecalledMemory, writerId: string): string {
  return `[MEMORY id=${memory.id} scope=GLOBAL from=${writerId}]: ${memory.content}`;
}

/** What somebody else wrote for many begins with where it comes from. */
export function prefixWide(memory: RecalledMemory, readerId: string): string {
  const scope = memory.namespace.startsWith('org:')
    ? 'ORG'
    : memory.namespace.startsWith('team:')
      ? 'TEAM'
      : null;
  const isOwn = scope === null || (scope === 'TEAM' && memory.writerId === readerId);
  return isOwn
    ? memory.content
    : `[MEMORY id=${memory.id} scope=${scope} ns=${memory.namespace}]: ${memory.content}`;
}
