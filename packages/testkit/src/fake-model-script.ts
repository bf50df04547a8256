// Fake model script: what the fake provider is told to answer, and what each wire protocol must be able to print.

import type { IncomingMessage } from 'node:http';

export type Protocol = 'anthropic' | 'openai-chat' | 'openai-responses' | 'google';

export interface ScriptedTool {
  name: string;
  input: Record<string, unknown>;
  id?: string;
}

export type ScriptedReply =
  | { text?: string | string[]; tools?: ScriptedTool[]; usage?: { input: number; output: number } }
  | { fault: 'status'; status: number; message?: string; retryAfterMs?: number }
  | { fault: 'hang' }
  | { fault: 'garbage' }
  /** Sends the start of an answer, then closes the connection. */
  | { fault: 'cut'; text?: string };

export interface SeenRequest {
  protocol: Protocol;
  path: string;
  key: string | null;
  isStreaming: boolean;
  model: string;
  /** The JSON body as it arrived. */
  body: Record<string, unknown>;
  /** What tools answered, as the provider sees it, in order. */
  toolResults: string[];
  /** The text of the last message of the user. */
  lastUserText: string;
  system: string;
  toolNames: string[];
}

/** One provider's wire, so that siblings look like siblings. */
export interface WireProtocol {
  name: Protocol;
  matches(path: string): boolean;
  readKey(headers: IncomingMessage['headers']): string | null;
  /** A sentence when the provider would refuse this body. */
  read(
    path: string,
    body: Record<string, unknown>,
  ): Omit<SeenRequest, 'protocol' | 'path' | 'key' | 'body'> | string;
  /** The whole answer as one JSON value. */
  whole(reply: PlainReply, model: string): unknown;
  /** The answer as server-sent events, in order. */
  events(reply: PlainReply, model: string): { event?: string; data: unknown }[];
  error(status: number, message: string): unknown;
}

export interface PlainReply {
  texts: string[];
  tools: Required<ScriptedTool>[];
  usage: { input: number; output: number };
}

export type Script = ScriptedReply[] | ((request: SeenRequest, index: number) => ScriptedReply);
