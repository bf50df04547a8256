// Memory reply: how the tools of memory speak: JSON with `success`, and failures in words that name what to do.

import { CallError } from '@molecule/client';
import { memories } from '@molecule/contracts';
import type { ToolDeps } from '../tool-deps.ts';

export function reply(fields: Record<string, unknown>): string {
  return JSON.stringify({ success: true, ...fields });
}

export function failure(thrown: unknown, fields: Record<string, unknown> = {}): string {
  return JSON.stringify({ success: false, error: wordsOf(thrown), ...fields });
}

export function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof CallError)) return thrown instanceof Error ? thrown.message : String(thrown);
  const { details } = thrown.body as { details?: unknown };
  return typeof details === 'string' ? `${thrown.message}: ${details}` : thrown.message;
}

/** The plugin is away: what is asked of it may go well later. */
export function isAway(thrown: unknown): boolean {
  return thrown instanceof CallError && (thrown.status === 502 || thrown.status === 503);
}

export async function namespacesOf({ platform }: ToolDeps, signal: AbortSignal) {
  return platform.call(memories.listNamespaces, { params: { id: platform.workspaceId }, signal });
}
