// Platform: calls to the workspace server in this workspace's own name; every call carries its token and its id.

import { CallError, type CallInput, createClient } from '@molecule/client';
import type { ResponseOf, RouteContract } from '@molecule/contracts';
import type { TokenStore } from './token-store.ts';

export const CALL_TIMEOUT_MS = 10_000;

/** The workspace was removed, or never existed: there is nothing left to run for. */
export class WorkspaceGone extends Error {
  override readonly name = 'WorkspaceGone';
}

export interface Platform {
  readonly workspaceId: string;
  call<C extends RouteContract>(route: C, input?: CallInput<C>): Promise<ResponseOf<C>>;
  /** A raw post to the relay, whose answers are not of one shape. */
  relay(targetId: string, body: unknown, options: RelayOptions): Promise<RelayReply>;
}

export interface RelayOptions {
  signal: AbortSignal;
  timeoutSeconds: number;
}

export interface RelayReply {
  status: number;
  text: string;
}

export interface PlatformOptions {
  baseUrl: string;
  workspaceId: string;
  tokens: TokenStore;
  maxReplyBytes: number;
}

export function createPlatform({ baseUrl, workspaceId, tokens, maxReplyBytes }: PlatformOptions): Platform {
  const headers = () => {
    const token = tokens.current;
    return {
      'x-workspace-id': workspaceId,
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    };
  };
  const client = createClient({ baseUrl, headers, timeoutMs: CALL_TIMEOUT_MS });

  /** A refused token is read again from its file once: another process may have renewed it. */
  async function call<C extends RouteContract>(route: C, input?: CallInput<C>): Promise<ResponseOf<C>> {
    try {
      return await client(route, input);
    } catch (error) {
      const isRefused = error instanceof CallError && error.status === 401;
      if (!isRefused || !(await tokens.reload())) throw error;
      return await client(route, input);
    }
  }

  async function relay(targetId: string, body: unknown, options: RelayOptions): Promise<RelayReply> {
    const response = await fetch(`${baseUrl}/workspaces/${encodeURIComponent(targetId)}/a2a`, {
      method: 'POST',
      headers: {
        ...headers(),
        'content-type': 'application/json',
        accept: 'application/json',
        'x-timeout': String(options.timeoutSeconds),
      },
      body: JSON.stringify(body),
      signal: options.signal,
      redirect: 'error',
    });
    return { status: response.status, text: await readBounded(response, maxReplyBytes) };
  }

  return { workspaceId, call, relay };
}

async function readBounded(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
