// ACME orders: which names get a certificate, when, and what happens when the authority says no.
//
//   A1. Ordered are the platform's own names and, when somebody asks for it by TLS, the name of a tenant that the route table
//       knows. No other name is ever ordered.
//   A2. One order for a name runs at a time, ORDERS_AT_ONCE in all, and ORDERS_AN_HOUR are begun in an hour.
//   A3. A name whose order failed waits, twice as long each time, from FIRST_WAIT_MS to LONGEST_WAIT_MS. At most MAX_FAILED
//       such names are remembered; the oldest go first.
//   A4. A certificate is renewed at two thirds of its life. Until there is another it is served, past its end too.
//   A5. A pair is on disk whole before it counts, and files open for this user only; the older pair goes afterwards.

import { readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { backoffMs, type Clock, DeadlineExceeded, type Log, withDeadline } from '@molecule/kit';
import type { Issue } from './acme-authority.ts';
import type { Certificates } from './certificates.ts';
import type { RouteTable } from './route-table.ts';
import { platformNames, targetOfHost } from './target-of-host.ts';
import { writeWhole } from './write-whole.ts';

const ORDERS_AT_ONCE = 2;
const ORDERS_AN_HOUR = 60;
const HOUR_MS = 3_600_000;
const ORDER_LIMIT_MS = 90_000;
/** Shorter than the edge waits for a greeting. */
const HANDSHAKE_WAIT_MS = 8_000;
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 6 * HOUR_MS;
const MAX_FAILED = 10_000;
const REASON_CHARS = 300;

export interface AcmeHealth {
  /** Names that have a certificate. */
  held: number;
  ordering: number;
  /** Names whose last order failed. */
  failing: number;
}

export class AcmeOrders {
  readonly #issue: Issue;
  readonly #folder: string;
  readonly #appDomain: string;
  readonly #certificates: Pick<Certificates, 'held' | 'lifeOf' | 'reload'>;
  readonly #table: Pick<RouteTable, 'find'>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #running = new Map<string, Promise<void>>();
  readonly #failed = new Map<string, { failures: number; nextAt: number }>();
  readonly #answers = new Map<string, { name: string; text: string }>();
  #begun: number[] = [];

  constructor(options: {
    issue: Issue;
    folder: string;
    appDomain: string;
    certificates: Pick<Certificates, 'held' | 'lifeOf' | 'reload'>;
    table: Pick<RouteTable, 'find'>;
    clock: Clock;
    log: Log;
  }) {
    this.#issue = options.issue;
    this.#folder = options.folder;
    this.#appDomain = options.appDomain;
    this.#certificates = options.certificates;
    this.#table = options.table;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Before a handshake is answered: waits for a certificate of a name that has none, as long as a client would. */
  async prepare(name: string): Promise<void> {
    if (this.#certificates.lifeOf(name)) return;
    try {
      await withDeadline(this.want(name), HANDSHAKE_WAIT_MS, 'the certificate', this.#clock);
    } catch (error) {
      if (!(error instanceof DeadlineExceeded)) throw error; // The order goes on; this client gets what is there.
    }
  }

  /** Resolves when the name's order has ended, or at once when none is to be begun. What goes wrong is kept (A3). */
  async want(name: string): Promise<void> {
    const running = this.#running.get(name);
    if (running) return running;
    if (!this.#mayBegin(name) || !(await this.#isKnown(name))) return;
    // While the table was asked, another may have begun.
    const begun = this.#running.get(name);
    if (begun) return begun;
    if (!this.#mayBegin(name)) return;
    this.#begun.push(this.#clock.now());
    const order = this.#order(name).finally(() => this.#running.delete(name));
    this.#running.set(name, order);
    return order;
  }

  /** The platform's own names, and every name whose certificate is to be renewed. */
  async round(): Promise<void> {
    for (const name of new Set([...platformNames(this.#appDomain), ...this.#certificates.held()]))
      await this.want(name);
  }

  /** What the authority is answered on the listener without TLS; null for everything that it did not ask. */
  answerFor(name: string, token: string): string | null {
    const answer = this.#answers.get(token);
    return answer?.name === name ? answer.text : null;
  }

  health(): AcmeHealth {
    return {
      held: this.#certificates.held().length,
      ordering: this.#running.size,
      failing: this.#failed.size,
    };
  }

  #mayBegin(name: string): boolean {
    const now = this.#clock.now();
    const life = this.#certificates.lifeOf(name);
    if (life && now < life.startsAt + ((life.endsAt - life.startsAt) * 2) / 3) return false;
    if (now < (this.#failed.get(name)?.nextAt ?? 0) || this.#running.size >= ORDERS_AT_ONCE) return false;
    this.#begun = this.#begun.filter((at) => now - at < HOUR_MS);
    return this.#begun.length < ORDERS_AN_HOUR;
  }

  /** A1. */
  async #isKnown(name: string): Promise<boolean> {
    if (platformNames(this.#appDomain).includes(name)) return true;
    const target = targetOfHost(name, this.#appDomain);
    if (target.kind !== 'tenant' || name !== `${target.slug}.${this.#appDomain}`) return false;
    const route = (await this.#table.find(target.slug))?.route;
    return route != null && route.status !== 'purging';
  }

  async #order(name: string): Promise<void> {
    const put = (token: string, text: string) => {
      this.#answers.set(token, { name, text });
      return () => void this.#answers.delete(token);
    };
    try {
      const limit = `the order of ${name}`;
      const { cert, key } = await withDeadline(this.#issue(name, put), ORDER_LIMIT_MS, limit, this.#clock);
      await this.#keep(name, cert, key);
      await this.#certificates.reload();
      this.#failed.delete(name);
      this.#log.info({ name }, 'a certificate was issued');
    } catch (error) {
      const failures = (this.#failed.get(name)?.failures ?? 0) + 1;
      const waitMs = backoffMs(failures, { baseMs: FIRST_WAIT_MS, maxMs: LONGEST_WAIT_MS, jitter: false });
      this.#failed.delete(name);
      this.#failed.set(name, { failures, nextAt: this.#clock.now() + waitMs });
      const [oldest] = this.#failed.keys();
      if (this.#failed.size > MAX_FAILED && oldest !== undefined) this.#failed.delete(oldest);
      const reason = error instanceof Error ? error.message.slice(0, REASON_CHARS) : 'unknown';
      this.#log.error(
        { name, reason, failures, waitMs },
        'no certificate was issued; what is there is served on',
      );
    }
  }

  /** A5. */
  async #keep(name: string, cert: Buffer, key: Buffer): Promise<void> {
    const pair = `${name}.${this.#clock.now().toString(36)}`;
    await writeWhole(join(this.#folder, `${pair}.key`), key);
    await writeWhole(join(this.#folder, `${pair}.crt`), cert);
    const older = (await readdir(this.#folder)).filter((file) => {
      const [, base] = /^(.+)\.(?:crt|key)$/.exec(file) ?? [];
      return base !== undefined && base !== pair && base.slice(0, base.lastIndexOf('.')) === name;
    });
    // `.crt` sorts first: a key without its certificate is no pair, and harms nothing.
    for (const file of older.sort((a, b) => a.slice(-3).localeCompare(b.slice(-3))))
      await unlink(join(this.#folder, file));
  }
}
