// Tool deps: what the built-in tools need of the runtime around them.

import type { Clock, Log } from '@molecule/kit';
import type { Platform } from '../connect/platform.ts';
import type { DelegationInbox } from '../inbox.ts';
import type { ConfigFile } from '../load-config-file.ts';

export interface ToolDeps {
  platform: Platform;
  inbox: DelegationInbox;
  delegation: ConfigFile['delegation'];
  clock: Clock;
  log: Log;
}

/** The text that a tool gives back when it could not do its work; models and scripts read the prefix. */
export function toolError(thrown: unknown): string {
  const status = (thrown as { status?: unknown }).status;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return `Error: ${typeof status === 'number' ? `${status} ` : ''}${message}`.slice(0, 300);
}
