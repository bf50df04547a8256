// Agent reader: one bounded GET from an agent: ten seconds, a limit of bytes, no redirects, no address that is not allowed.

import { faults, LIMITS, TIMEOUTS_MS } from '@molecule/domain';
import { withDeadline } from '@molecule/kit';
import { Agent, request } from 'undici';
import { type GuardOptions, guardedLookup } from '../relay/index.ts';

export interface AgentPage {
  status: number;
  contentType: string;
  body: Buffer;
}

export interface AgentAddress {
  url: URL;
  /** True when our own provisioner set it; every other name is looked up through the guard. */
  isOurs: boolean;
}

export class AgentReader {
  readonly #trusted = new Agent({ connections: 4 });
  readonly #guarded: Agent;

  constructor(guard: GuardOptions) {
    this.#guarded = new Agent({ connections: 4, connect: { lookup: guardedLookup(guard) } });
  }

  /** `authorization`: the agent's own, or null. Throws AGENT_UNREACHABLE or TRANSCRIPT_UNREADABLE. */
  async get(address: AgentAddress, authorization: string | null): Promise<AgentPage> {
    let hasAnswered = false;
    try {
      return await withDeadline(
        async (signal) => {
          const response = await request(address.url, {
            method: 'GET',
            headers: { accept: 'application/json', ...(authorization === null ? {} : { authorization }) },
            signal,
            dispatcher: address.isOurs ? this.#trusted : this.#guarded,
          });
          const { statusCode: status, headers } = response;
          if (status >= 300 && status < 400) {
            await response.body.dump({ limit: 0 });
            throw new Error('the agent redirects');
          }
          hasAnswered = true;
          const contentType = String(headers['content-type'] ?? 'application/json');
          return { status, contentType, body: await readAll(response.body) };
        },
        TIMEOUTS_MS.transcript,
        'reading a transcript',
      );
    } catch (error) {
      if (isBlocked(error)) throw faults.invalidRequest('workspace URL not allowed');
      throw hasAnswered ? faults.transcriptUnreadable(error) : faults.workspaceUnreachable(error);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([this.#trusted.destroy(), this.#guarded.destroy()]);
  }
}

function isBlocked(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ADDRESS_BLOCKED';
}

async function readAll(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > LIMITS.transcriptBytes) throw new Error('the transcript is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
