// Follow logs: server-sent events, one for each batch of new lines, resumed by `Last-Event-ID`. Invariants: read-logs.ts.

import { faults, LIMITS, type WorkspaceState } from '@molecule/domain';
import type { Caller } from '@molecule/http';
import type { Clock } from '@molecule/kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Followers } from '../access/index.ts';
import { type LogLine, type LogReader, type LogRequest, readLogs } from './read-logs.ts';

const LOOK_MS = 500;
/** So many looks without a new line, and the client hears that the stream lives. */
const QUIET_LOOKS = 30;

export interface FollowLogsDeps {
  reader: LogReader;
  followers: Followers;
  clock: Clock;
}

interface FollowInput {
  workspace: WorkspaceState;
  ask: LogRequest;
  caller: Caller;
  request: FastifyRequest;
  reply: FastifyReply;
}

export class LogFollowers {
  readonly #deps: FollowLogsDeps;
  readonly #open = new Map<string, number>();

  constructor(deps: FollowLogsDeps) {
    this.#deps = deps;
  }

  /** Resolves when the stream ended. */
  async follow(input: FollowInput): Promise<void> {
    const { workspace, ask, request, reply } = input;
    const open = this.#open.get(workspace.id) ?? 0;
    if (open >= LIMITS.logFollowers) throw faults.queueFull(60);
    const lastId = request.headers['last-event-id'];
    const resumed = typeof lastId === 'string' && /^\d{1,16}$/.test(lastId) ? lastId : null;
    const first = resumed === null ? await readLogs(this.#deps.reader, workspace, ask) : null;
    this.#open.set(workspace.id, open + 1);
    const ended = new AbortController();
    const forget = this.#deps.followers.add(input.caller, () => ended.abort());
    reply.raw.on('close', () => ended.abort());
    try {
      this.#begin(reply);
      if (first) await send(reply, first.cursor, first.view.lines, ended.signal);
      await this.#goOn(input, first?.cursor ?? resumed ?? '0', ended.signal);
    } finally {
      forget();
      this.#open.set(workspace.id, (this.#open.get(workspace.id) ?? 1) - 1);
      reply.raw.end();
    }
  }

  #begin(reply: FastifyReply): void {
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
    });
    reply.raw.write(': open\n\n');
  }

  /** L1. */
  async #goOn(
    { workspace, ask, reply, request }: FollowInput,
    from: string,
    ended: AbortSignal,
  ): Promise<void> {
    let cursor = from;
    let quiet = 0;
    while (!ended.aborted) {
      await this.#deps.clock.sleep(LOOK_MS, ended).catch(() => undefined);
      if (ended.aborted) return;
      try {
        const query = { source: ask.source, tail: LIMITS.logTailMax, after: cursor };
        const next = await this.#deps.reader.read(workspace, query);
        if (next.lines.length > 0) await send(reply, next.cursor, next.lines, ended);
        else if (quiet % QUIET_LOOKS === 0) reply.raw.write(': quiet\n\n');
        quiet = next.lines.length > 0 ? 1 : quiet + 1;
        cursor = next.cursor;
      } catch (error) {
        request.log.warn({ err: error, workspaceId: workspace.id }, 'following a log ended');
        reply.raw.write('event: error\ndata: {"error":"the log cannot be read now"}\n\n');
        return;
      }
    }
  }
}

/** Waits while the client is slower than the log. */
async function send(
  reply: FastifyReply,
  cursor: string,
  lines: readonly LogLine[],
  ended: AbortSignal,
): Promise<void> {
  const hasRoom = reply.raw.write(`id: ${cursor}\nevent: lines\ndata: ${JSON.stringify({ lines })}\n\n`);
  if (hasRoom || ended.aborted) return;
  await new Promise<void>((resolve) => {
    reply.raw.once('drain', resolve);
    ended.addEventListener('abort', () => resolve(), { once: true });
  });
}
