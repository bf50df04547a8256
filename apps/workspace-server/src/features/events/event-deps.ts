// Event deps: what the event routes and the socket need, and the cursor they share.

import { faults } from '@molecule/domain';
import type { Log } from '@molecule/kit';
import type { AccessStore, Followers } from '../access/index.ts';
import type { WorkspaceDirectory } from '../workspaces/index.ts';
import type { EventHub } from './event-hub.ts';
import type { EventLog } from './event-log.ts';

export interface EventDeps {
  log: EventLog;
  hub: EventHub;
  directory: WorkspaceDirectory;
  access: AccessStore;
  followers: Followers;
  serverLog: Log;
  socketPingMs: number;
  onSockets: (delta: 1 | -1) => void;
}

export const CURSOR_GONE =
  'since_seq cursor not found (it may have been pruned); read the state again and go on from there';

export function parseSeq(text: string): number {
  const seq = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(seq)) throw faults.invalidRequest('since_seq must be a whole number');
  return seq;
}
