// Forward: one request to one upstream and its answer back, unread and unbuffered, both ways.
//
//   F1. Nothing waits in memory: a slow reader slows the writer, in both directions.
//   F2. When either side goes away, so does the other.
//   F3. A refusal to connect reaches the caller before anything was sent, so that another address can be tried.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Duplex, type Readable, Transform } from 'node:stream';
import type { Dispatcher } from 'undici';
import { cleanResponseHeaders } from './clean-headers.ts';

/** Longer than any agent may take for an answer; a stream has no limit between its parts. */
const HEADERS_LIMIT_MS = 31 * 60_000;
/** A connection that says nothing is asked by the system whether it still is one. */
const KEEP_ALIVE_MS = 25_000;

export interface Way {
  origin: string;
  headers: string[];
  /** Added to the answer, in lower case. */
  add: Readonly<Record<string, string>>;
  /** Until the first byte of the answer, in milliseconds. */
  headersLimitMs?: number;
  /** Between two parts of the answer; 0 for no limit. */
  silenceLimitMs?: number;
  /** A longer body is cut off, and the answer is `failed`. */
  maxBodyBytes?: number;
}

/** `sent`: the answer went out or is going. `refused`: nothing listens there, and nothing was sent. */
export type Outcome = 'sent' | 'refused' | 'failed';

export function forward(
  dispatcher: Dispatcher,
  request: IncomingMessage,
  response: ServerResponse,
  way: Way,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const hasBody =
      request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined;
    let abort = (_: Error) => {};
    const onClose = () => {
      if (!response.writableFinished) abort(new Error('the client went away'));
    };
    response.once('close', onClose);
    const options = {
      origin: way.origin,
      path: request.url ?? '/',
      method: request.method as Dispatcher.HttpMethod,
      headers: way.headers,
      body: hasBody ? bounded(request, way.maxBodyBytes) : null,
      headersTimeout: way.headersLimitMs ?? HEADERS_LIMIT_MS,
      bodyTimeout: way.silenceLimitMs ?? 0,
    };
    dispatcher.dispatch(options, {
      onRequestStart: (controller) => {
        abort = (error) => controller.abort(error);
        if (response.destroyed) abort(new Error('the client went away'));
      },
      onResponseStart: (controller, status, _, message) => {
        if (status < 200) return;
        response.writeHead(status, message, answerHeaders(controller.rawHeaders, way.add));
        response.flushHeaders();
        response.on('drain', () => controller.resume());
      },
      onResponseData: (controller, chunk) => {
        if (!response.write(chunk)) controller.pause();
      },
      onResponseEnd: () => {
        response.end();
        resolve('sent');
      },
      onResponseError: (_, error) => {
        response.off('close', onClose);
        if (response.headersSent || response.destroyed) {
          response.destroy();
          resolve('sent');
        } else resolve(isRefusal(error) ? 'refused' : 'failed');
      },
    });
  });
}

export interface Upgrade {
  request: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

/** A WebSocket: after the handshake the bytes pass as they are. An upstream that refuses answers through `refuse`. */
export function forwardUpgrade(
  dispatcher: Dispatcher,
  upgrade: Upgrade,
  way: Way,
  refuse: (status: number, headers: string[], body: Buffer) => void,
): Promise<Outcome> {
  const { request, socket, head } = upgrade;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let status = 0;
    let headers: string[] = [];
    const options = {
      origin: way.origin,
      path: request.url ?? '/',
      method: 'GET' as const,
      headers: way.headers,
      upgrade: 'websocket',
      headersTimeout: HEADERS_LIMIT_MS,
    };
    dispatcher.dispatch(options, {
      onRequestStart: () => {},
      onRequestUpgrade: (controller, _, __, upstream) => {
        join(socket, upstream, head, answerHeaders(controller.rawHeaders, way.add));
        resolve('sent');
      },
      onResponseStart: (controller, answered) => {
        status = answered;
        headers = answerHeaders(controller.rawHeaders, way.add);
      },
      onResponseData: (_, chunk) => {
        chunks.push(chunk);
      },
      onResponseEnd: () => {
        refuse(status, headers, Buffer.concat(chunks));
        resolve('sent');
      },
      onResponseError: (_, error) => resolve(isRefusal(error) ? 'refused' : 'failed'),
    });
  });
}

function bounded(request: IncomingMessage, maxBytes: number | undefined): Readable {
  if (maxBytes === undefined) return request;
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      done(bytes > maxBytes ? new Error('the body is too large') : null, chunk);
    },
  });
  request.on('error', (error) => counted.destroy(error));
  return request.pipe(counted);
}

function join(client: Duplex, upstream: Duplex, head: Buffer, headers: string[]): void {
  const lines: string[] = ['HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket'];
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  client.write(`${lines.join('\r\n')}\r\n\r\n`);
  if (head.length > 0) upstream.write(head);
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    (from as { setKeepAlive?: (on: boolean, ms: number) => void }).setKeepAlive?.(true, KEEP_ALIVE_MS);
    (from as { setNoDelay?: (on: boolean) => void }).setNoDelay?.(true);
    (from as { setTimeout?: (ms: number) => void }).setTimeout?.(0);
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
    from.pipe(to);
  }
}

function answerHeaders(raw: unknown, add: Readonly<Record<string, string>>): string[] {
  const all = cleanResponseHeaders((raw ?? []) as (string | Buffer)[]);
  const clean: string[] = [];
  // What is added replaces: of two, a browser may believe the other one.
  for (let i = 0; i + 1 < all.length; i += 2) {
    const name = all[i] as string;
    if (!Object.hasOwn(add, name.toLowerCase())) clean.push(name, all[i + 1] as string);
  }
  for (const [name, value] of Object.entries(add)) clean.push(name, value);
  return clean;
}

function isRefusal(error: unknown): boolean {
  return (error as { code?: string }).code === 'ECONNREFUSED';
}
