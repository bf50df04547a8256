// Follow revocations: a hosted tenant hears from its platform who is to be cut off.
//
//   N1. A person who was removed, or who signed out at the platform, is out within a second while connected: the sessions
//       that the platform opened for them end, and with them those of which nobody knows whose they are. What concerns the
//       whole organisation ends all of them.
//   N2. What was heard is written down after it took effect: a restart repeats it at most.
//   N3. Cut off for GRACE_MS, the tenant ends its sessions by itself, once.

import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Clock, Log } from '@molecule/kit';
import { request } from 'undici';

const GRACE_MS = 24 * 3_600_000;
const HEADERS_LIMIT_MS = 10_000;
/** The platform says something every 15 s. */
const SILENCE_LIMIT_MS = 60_000;
const MAX_LINE_CHARS = 64 * 1024;

export interface RevocationDeps {
  platformUrl: string;
  orgId: string;
  adminToken: string;
  /** Remembers the last number that was heard. */
  file: string;
  clock: Clock;
  log: Log;
  endAllSessions(): Promise<number>;
  endSessionsOf(subject: string): Promise<number>;
}

export class RevocationFollower {
  readonly #deps: RevocationDeps;
  #heardAt: number;
  #isGraceOver = false;

  constructor(deps: RevocationDeps) {
    this.#deps = deps;
    this.#heardAt = deps.clock.now();
  }

  /** Follows until the connection ends; called again and again. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.#follow(signal);
    } finally {
      await this.#endAfterGrace();
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { platformUrl, adminToken, orgId } = this.#deps;
    const { statusCode, body } = await request(
      `${platformUrl}/cp/tenants/revocations?after=${await this.#lastHeard()}`,
      {
        headers: { authorization: `Bearer ${adminToken}`, 'x-molecule-org-id': orgId },
        headersTimeout: HEADERS_LIMIT_MS,
        bodyTimeout: SILENCE_LIMIT_MS,
        signal,
      },
    );
    if (statusCode !== 200) {
      await body.dump();
      throw new Error(`the platform answered ${statusCode}`);
    }
    let rest = '';
    for await (const chunk of body) {
      this.#heardAt = this.#deps.clock.now();
      this.#isGraceOver = false;
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_CHARS) throw new Error('the platform sent a line without an end');
      for (const line of lines) await this.#hear(line);
    }
  }

  async #hear(line: string): Promise<void> {
    if (!line.startsWith('data: ')) return;
    const news = JSON.parse(line.slice('data: '.length)) as { seq: number; kind: string; subject?: string };
    const { seq, kind, subject } = news;
    const isOfPerson = (kind === 'membership' || kind === 'user') && typeof subject === 'string';
    const ended = isOfPerson ? await this.#deps.endSessionsOf(subject) : await this.#deps.endAllSessions();
    this.#deps.log.info({ seq, kind, ended }, 'the platform cut somebody off; browser sessions ended');
    await writeFile(`${this.#deps.file}.next`, String(seq), { mode: 0o600 });
    await rename(`${this.#deps.file}.next`, this.#deps.file);
  }

  /** N3. */
  async #endAfterGrace(): Promise<void> {
    if (this.#isGraceOver || this.#deps.clock.now() - this.#heardAt < GRACE_MS) return;
    this.#isGraceOver = true;
    await this.#deps.endAllSessions();
    this.#deps.log.warn('the platform was silent for a day; browser sessions ended');
  }

  async #lastHeard(): Promise<number> {
    try {
      return Number.parseInt(await readFile(this.#deps.file, 'utf8'), 10) || 0;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      throw error;
    }
  }
}
