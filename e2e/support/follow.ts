// Follow: a client on `/ws` and a reader of an event stream, which keep what they were told.

import type { IncomingMessage } from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';
import { type ScenarioTenant, until } from './tenant.ts';

export interface Frame {
  event: string;
  workspace_id: string;
  timestamp: string;
  payload: Record<string, unknown>;
  seq?: number;
}

export interface SocketReader {
  socket: WebSocket;
  /** As they came: each a text frame of its own. */
  texts: string[];
  frames: Frame[];
  /** Epoch milliseconds of each ping of the server. */
  pingedAt: number[];
  closedWith(): Promise<number>;
}

type Where = Pick<ScenarioTenant, 'url'>;

export interface FollowOptions {
  headers?: Record<string, string>;
  query?: string;
  protocols?: string[];
  client?: ClientOptions;
}

const connect = (tenant: Where, { headers, query = '', protocols = [], client }: FollowOptions) =>
  new WebSocket(`${tenant.url.replace('http', 'ws')}/ws${query}`, protocols, { headers, ...client });

/** Throws unless the socket opens. */
export async function follow(tenant: Where, options: FollowOptions = {}): Promise<SocketReader> {
  const socket = connect(tenant, options);
  const reader: SocketReader = {
    socket,
    texts: [],
    frames: [],
    pingedAt: [],
    closedWith: () => closed,
  };
  const closed = new Promise<number>((resolve) => socket.on('close', resolve));
  socket.on('message', (data, isBinary) => {
    if (isBinary) throw new Error('a binary frame came');
    reader.texts.push(String(data));
    reader.frames.push(JSON.parse(String(data)) as Frame);
  });
  socket.on('ping', () => reader.pingedAt.push(Date.now()));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return reader;
}

/** The answer to an upgrade; 101 for a socket that opened, and was closed again. */
export function upgradeOf(
  tenant: Where,
  options: FollowOptions = {},
): Promise<{ status: number; error: unknown; protocol: string }> {
  const socket = connect(tenant, options);
  return new Promise((resolve, reject) => {
    socket.on('open', () => {
      socket.close();
      resolve({ status: 101, error: null, protocol: socket.protocol });
    });
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () => {
        const { error } = JSON.parse(text || '{}') as { error?: unknown };
        resolve({ status: response.statusCode ?? 0, error, protocol: '' });
      });
    });
    socket.on('error', reject);
  });
}

export interface StreamReader {
  status: number;
  headers: Headers;
  text(): string;
  /** What stands after `data: `, parsed. */
  told(): { type: string; timestamp: number; data: Record<string, unknown> }[];
  ids(): number[];
  /** Epoch milliseconds of each `: ping` but the first. */
  pingedAt: number[];
  /** When the server ended it, or the reader did. */
  ended: Promise<void>;
  stop(): void;
}

export async function readStream(
  tenant: Where,
  workspaceId: string,
  headers: Record<string, string>,
): Promise<StreamReader> {
  const abort = new AbortController();
  const response = await fetch(`${tenant.url}/workspaces/${workspaceId}/events/stream`, {
    headers,
    signal: abort.signal,
  });
  let text = '';
  const linesOf = (start: string) =>
    text.split('\n').flatMap((line) => (line.startsWith(start) ? [line.slice(start.length)] : []));
  const pingedAt: number[] = [];
  const read = async () => {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const before = linesOf(': ping').length;
      text += Buffer.from(chunk).toString('utf8');
      if (before > 0 && linesOf(': ping').length > before) pingedAt.push(Date.now());
    }
  };
  return {
    status: response.status,
    headers: response.headers,
    text: () => text,
    told: () => linesOf('data: ').map((line) => JSON.parse(line)),
    ids: () => linesOf('id: ').map(Number),
    pingedAt,
    ended: read().catch(() => {}),
    stop: () => abort.abort(),
  };
}

export const hears = (reader: SocketReader, event: string, workspaceId: string, limitMs?: number) =>
  until(
    `${event} of ${workspaceId} is heard`,
    () => reader.frames.some((frame) => frame.event === event && frame.workspace_id === workspaceId),
    limitMs,
  );
