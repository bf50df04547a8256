// Platform members: whether the cookies that a browser has from the platform are those of a member of this organisation.
//
//   P1. Only the platform's own cookies are shown to it, and only its yes with a name counts; anything else is a no.
//   P2. A yes is remembered for 30 s, a no for 5 s, trouble not at all; at most MAX_KNOWN are remembered, as digests.
//   P3. Who is forgotten is asked about again from that moment: a question under way then is not remembered.

import { createHash } from 'node:crypto';
import { platformSessionId } from '@molecule/http';
import type { Clock, Log } from '@molecule/kit';
import { request } from 'undici';
import { z } from 'zod';

const ASK_LIMIT_MS = 3_000;
const YES_MS = 30_000;
const NO_MS = 5_000;
const MAX_KNOWN = 10_000;
const MAX_ASKING = 256;
const MAX_ANSWER_BYTES = 64 * 1024;

const membership = z.object({ member: z.literal(true), user_id: z.string().min(1).max(200) });

interface Known {
  userId: string | null;
  until: number;
}

export interface MembersDeps {
  /** Without a trailing slash. */
  upstream: string;
  slug: string;
  clock: Clock;
  log: Log;
}

export class PlatformMembers {
  readonly #deps: MembersDeps;
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<string | null>>();
  readonly #listeners: ((credentialId: string) => void)[] = [];
  #age = 0;

  constructor(deps: MembersDeps) {
    this.#deps = deps;
  }

  /** `cookies` as a Cookie header. Null: not a member, or the platform could not say so in time. */
  async find(cookies: string): Promise<{ userId: string } | null> {
    const key = createHash('sha256').update(`${this.#deps.slug}\0${cookies}`).digest('base64');
    const known = this.#known.get(key);
    if (known && known.until > this.#deps.clock.now())
      return known.userId === null ? null : { userId: known.userId };
    this.#known.delete(key);
    const under = this.#asking.get(key);
    if (!under && this.#asking.size >= MAX_ASKING) return null;
    const asked = under ?? this.#ask(key, cookies).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asked);
    const userId = await asked;
    return userId === null ? null : { userId };
  }

  /** Everybody, when `userId` is null. What they hold open is closed. */
  forget(userId: string | null): void {
    this.#age++;
    const gone = new Set<string>();
    for (const [key, known] of this.#known) {
      if (known.userId === null || (userId !== null && known.userId !== userId)) continue;
      this.#known.delete(key);
      gone.add(known.userId);
    }
    if (userId !== null) gone.add(userId);
    for (const id of gone) for (const listener of this.#listeners) listener(platformSessionId(id));
  }

  /** Told the id of the session of everybody who is forgotten. */
  onForgotten(listener: (credentialId: string) => void): void {
    this.#listeners.push(listener);
  }

  async #ask(key: string, cookies: string): Promise<string | null> {
    const { clock, log } = this.#deps;
    const age = this.#age;
    try {
      const userId = await this.#call(cookies);
      if (age === this.#age) this.#remember(key, { userId, until: clock.now() + (userId ? YES_MS : NO_MS) });
      return age === this.#age ? userId : null;
    } catch (error) {
      log.warn({ err: error }, 'the platform did not say who is a member');
      return null;
    }
  }

  /** Throws when the platform is away, slow, or in trouble itself. */
  async #call(cookies: string): Promise<string | null> {
    const { upstream, slug } = this.#deps;
    const { statusCode, body } = await request(
      `${upstream}/cp/auth/tenant-member?slug=${encodeURIComponent(slug)}`,
      { headers: { cookie: cookies }, signal: AbortSignal.timeout(ASK_LIMIT_MS) },
    );
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) throw new Error('the answer of the platform is too large');
      chunks.push(chunk);
    }
    if (statusCode >= 500) throw new Error(`the platform answered ${statusCode}`);
    if (statusCode !== 200) return null;
    const answer = membership.safeParse(parse(Buffer.concat(chunks).toString('utf8')));
    return answer.success ? answer.data.user_id : null;
  }

  #remember(key: string, known: Known): void {
    this.#known.set(key, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // What is no JSON is no yes.
  }
}
