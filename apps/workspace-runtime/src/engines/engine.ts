// Engine: what a workspace runs. Every engine stands behind this interface; the A2A server knows no other door.
//
//   E1. `run` ends by returning (the turn succeeded) or by throwing (it failed); an aborted turn throws the reason of
//       `turn.signal` soon after the abort and starts no further work.
//   E2. All that a person reads of a turn is in its `text` events, in order; everything else is about the turn.
//   E3. An engine that asks no model says so with `isSimulated`; its words are marked wherever they are shown.

import type { Clock, Log } from '@molecule/kit';
import type { z } from 'zod';
import type { RuntimeConfig } from '../config.ts';

export interface HistoryEntry {
  role: 'user' | 'agent';
  text: string;
}

export interface Turn {
  taskId: string;
  contextId: string;
  /** Of the message that asks; memories written in this turn name it as their source. */
  messageId?: string;
  text: string;
  /** Data parts of the message, in order. */
  data: unknown[];
  /** What the sender says was spoken before; at most 20 entries. */
  history: HistoryEntry[];
  /** The workspace that asks; null for a person. */
  senderId: string | null;
  metadata: Record<string, unknown>;
  signal: AbortSignal;
}

export type EngineEvent =
  | { type: 'text'; delta: string }
  | { type: 'status'; text: string }
  | { type: 'tool_call'; id: string; tool: string; input: unknown }
  | { type: 'tool_result'; id: string; tool: string; output: string; isError: boolean }
  | { type: 'usage'; inputTokens: number; outputTokens: number };

/** A tool answers text for a model to read. It throws only for an abort or a bug; failures are told in words. */
export interface Tool {
  name: string;
  description: string;
  input: z.ZodObject;
  run(input: unknown, context: { signal: AbortSignal; turn: Turn }): Promise<string>;
}

export interface EngineContext {
  config: RuntimeConfig;
  /** Assembled afresh for each turn. */
  systemPrompt: () => Promise<string>;
  tools: ReadonlyMap<string, Tool>;
  log: Log;
  clock: Clock;
}

export interface Engine {
  readonly name: string;
  readonly isSimulated: boolean;
  run(turn: Turn): AsyncIterable<EngineEvent>;
  stop?(): Promise<void>;
}

export interface EngineFactory {
  name: string;
  isSimulated: boolean;
  /** Problems that a person has to mend before this engine can work, one sentence each; empty when it can. */
  check(config: RuntimeConfig): string[];
  create(context: EngineContext): Promise<Engine>;
}
