// Delegate: hands tasks to peers, at once or one after the other, and tells what came back and what did not.
//
//   G1. Every target ends as exactly one result: answered, queued, failed or absent. Nothing is made up for the rest.
//   G2. A peer that fails, hangs or is missing never stops the others.
//   G3. When the turn is aborted, or the reader stops, every delegation under way is aborted with it.
//   G4. No target is waited for longer than its bounds: to come online, and to answer.

import type { Clock } from '@molecule/kit';
import type { EngineEvent, Tool, Turn } from '../../engine.ts';
import type { PeerTarget } from '../script/schema.ts';
import { failed, type PeerAnswer, readPeerAnswer } from './peer-answer.ts';
import { findPeer, isStarting, type Peer, parsePeerList } from './peer-list.ts';

export interface DelegateDeps {
  turn: Turn;
  tools: ReadonlyMap<string, Tool>;
  clock: Clock;
  /** A fresh id for each tool call of the turn. */
  nextCallId(): string;
}

export interface DelegateOrder {
  targets: readonly PeerTarget[];
  order: 'parallel' | 'sequence';
  taskFor(target: PeerTarget, peer: Peer): string;
  timeoutMs: number;
  waitOnlineMs: number;
}

export interface DelegateResult {
  readonly [key: string]: string | number;
  name: string;
  state: 'answered' | 'queued' | 'failed' | 'absent';
  text: string;
  reason: string;
  seconds: number;
}

interface Ended {
  index: number;
  events: EngineEvent[];
  result: DelegateResult;
}

const POLL_MS = 300;
/** A peer that is not in the list may just be on its way into the chart. */
const ABSENT_MS = 2_000;

/** Results stand in the order of the targets. */
export async function* delegate(
  order: DelegateOrder,
  deps: DelegateDeps,
): AsyncGenerator<EngineEvent, DelegateResult[]> {
  const peers = yield* findPeers(order, deps);
  const results = new Array<DelegateResult>(order.targets.length);
  const stop = new AbortController();
  const signal = AbortSignal.any([deps.turn.signal, stop.signal]);
  const underWay = new Map<number, Promise<Ended>>();
  try {
    for (const [index, target] of order.targets.entries()) {
      const peer = peers[index];
      if (!peer) {
        results[index] = absent(target);
        continue;
      }
      const input = { workspace_id: peer.id, task: order.taskFor(target, peer) };
      const id = deps.nextCallId();
      yield { type: 'tool_call', id, tool: 'delegate_task', input };
      underWay.set(index, askPeer({ index, id, peer, input, timeoutMs: order.timeoutMs }, deps, signal));
      if (order.order === 'sequence') yield* settleNext(underWay, results);
    }
    while (underWay.size > 0) yield* settleNext(underWay, results);
    return results;
  } finally {
    stop.abort();
    await Promise.allSettled(underWay.values());
  }
}

async function* settleNext(
  underWay: Map<number, Promise<Ended>>,
  results: DelegateResult[],
): AsyncGenerator<EngineEvent> {
  const ended = await Promise.race(underWay.values());
  underWay.delete(ended.index);
  results[ended.index] = ended.result;
  yield* ended.events;
}

async function* findPeers(
  order: DelegateOrder,
  deps: DelegateDeps,
): AsyncGenerator<EngineEvent, (Peer | null)[]> {
  const id = deps.nextCallId();
  yield { type: 'tool_call', id, tool: 'list_peers', input: {} };
  let listing = await listPeers(deps);
  yield {
    type: 'tool_result',
    id,
    tool: 'list_peers',
    output: listing,
    isError: listing.startsWith('Error:'),
  };
  const startedAtMs = deps.clock.now();
  for (;;) {
    const peers = parsePeerList(listing);
    const found = order.targets.map((target) => findPeer(peers, target));
    const waitedMs = deps.clock.now() - startedAtMs;
    const isComing = (peer: Peer | null) =>
      peer
        ? isStarting(peer) && waitedMs < order.waitOnlineMs
        : waitedMs < Math.min(ABSENT_MS, order.waitOnlineMs);
    const awaited = order.targets.filter((_, index) => isComing(found[index]!));
    if (awaited.length === 0) return found;
    if (waitedMs === 0)
      yield { type: 'status', text: `Waiting for ${awaited.map(({ to }) => to).join(', ')}` };
    await deps.clock.sleep(POLL_MS, deps.turn.signal);
    listing = await listPeers(deps);
  }
}

async function listPeers({ tools, turn }: DelegateDeps): Promise<string> {
  return await toolNamed(tools, 'list_peers').run({}, { signal: turn.signal, turn });
}

interface Call {
  index: number;
  id: string;
  peer: Peer;
  input: { workspace_id: string; task: string };
  timeoutMs: number;
}

async function askPeer(call: Call, deps: DelegateDeps, signal: AbortSignal): Promise<Ended> {
  const startedAtMs = deps.clock.now();
  const output = await withinBound(call, deps, signal);
  const answer: PeerAnswer =
    output === null ? failed(`it did not answer within ${call.timeoutMs / 1000} s`) : readPeerAnswer(output);
  const seconds = Math.round((deps.clock.now() - startedAtMs) / 100) / 10;
  const result: DelegateResult = {
    name: call.peer.name,
    state: answer.state,
    text: answer.state === 'answered' ? answer.text : '',
    reason: answer.state === 'answered' ? '' : answer.reason,
    seconds,
  };
  const said = output ?? `Error: ${result.reason}`;
  const isError = answer.state === 'failed';
  return {
    index: call.index,
    events: [{ type: 'tool_result', id: call.id, tool: 'delegate_task', output: said, isError }],
    result,
  };
}

/** The tool's words; null when the time was up. Throws when the turn was aborted, or for a bug. */
async function withinBound(call: Call, deps: DelegateDeps, signal: AbortSignal): Promise<string | null> {
  const over = new AbortController();
  const bounded = AbortSignal.any([signal, over.signal]);
  const answer = toolNamed(deps.tools, 'delegate_task').run(call.input, { signal: bounded, turn: deps.turn });
  const timer = new AbortController();
  const timeUp = deps.clock.sleep(call.timeoutMs, AbortSignal.any([signal, timer.signal])).then(() => null);
  try {
    return await Promise.race([answer, timeUp]);
  } finally {
    timer.abort();
    over.abort();
    await Promise.allSettled([timeUp]);
    answer.catch(() => undefined);
  }
}

function absent(target: PeerTarget): DelegateResult {
  const reason = `no peer called "${target.to}" is in reach`;
  return { name: target.to, state: 'absent', text: '', reason, seconds: 0 };
}

function toolNamed(tools: ReadonlyMap<string, Tool>, name: string): Tool {
  const tool = tools.get(name);
  if (!tool) throw new Error(`the tool ${name} is missing from the tool set`);
  return tool;
}
