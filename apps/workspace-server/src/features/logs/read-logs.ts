// Read logs: one shape for every backend, read once or followed.
//
//   L1. A follower reads on from a cursor: no line twice, and none left out while it keeps up.
//   L2. A follower holds one open answer, bounded in number for each workspace, and ends with its client or credential.

import type { ResponseOf, units } from '@molecule/contracts';
import { faults, LIMITS, type WorkspaceState } from '@molecule/domain';

export type LogSource = 'runtime' | 'boot';
export type LogsView = ResponseOf<typeof units.readLogs>;
export type LogLine = LogsView['lines'][number];

export interface LogReader {
  read(
    workspace: WorkspaceState,
    query: { source: LogSource; tail: number; after?: string },
  ): Promise<{ lines: LogLine[]; isTruncated: boolean; cursor: string }>;
}

export interface LogQuery {
  source?: string | undefined;
  tail: number;
  since?: string | undefined;
}

export interface LogRequest {
  source: LogSource;
  tail: number;
  sinceMs: number | null;
}

export function parseLogQuery(query: LogQuery): LogRequest {
  const source = query.source || 'runtime';
  if (source !== 'runtime' && source !== 'boot') {
    throw faults.invalidRequest("source must be 'runtime' or 'boot'");
  }
  return { source, tail: query.tail, sinceMs: parseSince(query.since) };
}

function parseSince(text: string | undefined): number | null {
  if (!text) return null;
  const ms = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) throw faults.invalidRequest('since must be an RFC3339 timestamp');
  return ms;
}

export async function readLogs(
  reader: LogReader,
  workspace: WorkspaceState,
  { source, tail, sinceMs }: LogRequest,
): Promise<{ view: LogsView; cursor: string }> {
  const wanted = sinceMs === null ? tail : LIMITS.logTailMax;
  const { lines, isTruncated, cursor } = await reader.read(workspace, { source, tail: wanted });
  const kept = linesSince(lines, sinceMs);
  return {
    cursor,
    view: {
      source,
      backend: workspace.backend,
      lines: kept.slice(-tail),
      truncated: kept.length > tail || (isTruncated && kept.length === lines.length),
    },
  };
}

/** A line without a time belongs to the one before it. */
export function linesSince(lines: readonly LogLine[], sinceMs: number | null): LogLine[] {
  if (sinceMs === null) return [...lines];
  const first = lines.findIndex(({ at }) => at !== null && Date.parse(at) >= sinceMs);
  return first === -1 ? [] : lines.slice(first);
}
