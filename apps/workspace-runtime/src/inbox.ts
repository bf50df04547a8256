// Inbox: results of tasks that this workspace delegated without waiting; brings each to the agent as a message.
//
//   I1. The server is asked only while a result is expected or waits to be delivered.
//   I2. A result is forgotten only after the message that tells it was taken; a failed delivery is tried again.
//   I3. At most one message in `COOLDOWN_MS`; results that come meanwhile are told together.
//   I4. At most `EXPECTED` delegations are followed; the oldest is dropped with a warning.

import { activity, delegations, workspaces } from '@molecule/contracts';
import type { Clock, Log } from '@molecule/kit';
import type { Platform } from './connect/platform.ts';
import { selfMessage } from './self-message.ts';

export const COOLDOWN_MS = 60_000;
export const EXPECTED = 200;
export const DELIVERY_TIMEOUT_MS = 120_000;

type Row = delegations.DelegationRow;

export interface InboxDeps {
  platform: Platform;
  parentId: () => string | null;
  clock: Clock;
  log: Log;
}

export class DelegationInbox {
  readonly #deps: InboxDeps;
  readonly #expected = new Set<string>();
  readonly #results = new Map<string, Row>();
  #deliveredAtMs = Number.NEGATIVE_INFINITY;
  #parentName: string | null = null;

  constructor(deps: InboxDeps) {
    this.#deps = deps;
  }

  expect(delegationId: string): void {
    this.#expected.add(delegationId);
    if (this.#expected.size <= EXPECTED) return;
    const oldest = this.#expected.values().next().value!;
    this.#expected.delete(oldest);
    this.#deps.log.warn(
      { delegationId: oldest },
      'too many delegations are open; this one is not followed any more',
    );
  }

  /** After a restart: follows again what is still open. */
  async resume(signal: AbortSignal): Promise<void> {
    for (const row of await this.#list(signal)) {
      if (row.status !== 'completed' && row.status !== 'failed') this.expect(idOf(row));
    }
  }

  async poll(signal: AbortSignal): Promise<void> {
    if (this.#expected.size > 0) this.#take(await this.#list(signal));
    const isCool = this.#deps.clock.now() - this.#deliveredAtMs >= COOLDOWN_MS;
    if (this.#results.size > 0 && isCool) await this.#deliver(signal);
  }

  async #list(signal: AbortSignal): Promise<Row[]> {
    const { platform } = this.#deps;
    const rows = await platform.call(delegations.listDelegations, {
      params: { id: platform.workspaceId },
      signal,
    });
    return rows.filter((row) => row.source_id === platform.workspaceId);
  }

  #take(rows: Row[]): void {
    for (const row of rows) {
      const isOver = row.status === 'completed' || row.status === 'failed';
      if (!isOver || !this.#expected.delete(idOf(row))) continue;
      this.#results.set(idOf(row), row);
    }
  }

  async #deliver(signal: AbortSignal): Promise<void> {
    const { platform, clock, log } = this.#deps;
    const rows = [...this.#results.values()];
    const text = await this.#compose(rows, signal);
    this.#deliveredAtMs = clock.now();
    const messageId = `results-${rows.map((row) => idOf(row).slice(0, 8)).join('-')}`.slice(0, 200);
    const reply = await selfMessage(platform, { text, messageId, timeoutMs: DELIVERY_TIMEOUT_MS, signal });
    if (reply.status >= 300) {
      log.warn({ status: reply.status }, 'delegation results were not taken yet');
      return;
    }
    for (const row of rows) {
      this.#results.delete(idOf(row));
      await this.#notify(row, signal);
    }
  }

  async #notify(row: Row, signal: AbortSignal): Promise<void> {
    const { platform, log } = this.#deps;
    const result = row.response_preview ? `: ${row.response_preview.slice(0, 200)}` : '';
    const message = `[${row.status}] ${row.summary.slice(0, 100)}${result}`;
    try {
      await platform.call(activity.notify, {
        params: { id: platform.workspaceId },
        body: { message, type: 'delegation_result' },
        signal,
      });
    } catch (error) {
      log.warn(
        { reason: error instanceof Error ? error.message : String(error) },
        'people were not notified',
      );
    }
  }

  /** What peers answered is never repeated here: the agent asks for it with check_task_status. */
  async #compose(rows: Row[], signal: AbortSignal): Promise<string> {
    const lines = rows.map((row) => {
      const error = row.error ? ` (error: ${row.error.slice(0, 100)})` : '';
      return `- [${row.status}] ${idOf(row).slice(0, 8)}: ${row.summary.slice(0, 80)}${error} (delegation_id ${idOf(row)})`;
    });
    const reader = await this.#reader(signal);
    return [
      'Tasks that you delegated have ended:',
      ...lines,
      `Read each result with check_task_status, then report it to ${reader}.`,
    ].join('\n');
  }

  async #reader(signal: AbortSignal): Promise<string> {
    const parentId = this.#deps.parentId();
    if (parentId === null) return 'the user with send_message_to_user';
    this.#parentName ??= await this.#readName(parentId, signal);
    return `your manager ${this.#parentName} with delegate_task`;
  }

  async #readName(id: string, signal: AbortSignal): Promise<string> {
    try {
      const view = await this.#deps.platform.call(workspaces.readWorkspace, { params: { id }, signal });
      return `${view.name ?? ''} (ID: ${id})`.trim();
    } catch (error) {
      this.#deps.log.debug({ reason: String(error) }, "the manager's name is not known");
      return `(ID: ${id})`;
    }
  }
}

function idOf(row: Row): string {
  return row.delegation_id ?? row.id;
}
