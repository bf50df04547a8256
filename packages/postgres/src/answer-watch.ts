// Answer watch: notices that the database has stopped answering at all, so that nobody waits for it; and that it is back.
//
//   W1. Somebody who waits for SUSPECT_TICKS, or whose connection failed, sets off one probe on a connection of its own.
//   W2. No answer to it or to anybody else for SILENT_TICKS: the database is silent. All who wait are told, who comes is
//       refused.
//   W3. A slow query alone changes nothing: its probe is answered.
//   W4. Probing goes on until one is answered; then everybody is let in again, and listeners are told that it is back.
//   W5. Time is counted in ticks of our own event loop: a process that was held up does not take itself for a dead
//       database.

import { Socket } from 'node:net';
import { systemClock } from '@molecule/kit';
import pg from 'pg';
import { DatabaseUnavailable } from './errors.ts';

const TICK_MS = 100;
const SUSPECT_TICKS = 4;
const SILENT_TICKS = 12;
/** A connection attempt that was lost on the way is made anew. */
const RENEW_TICKS = 50;

/** One caller who waits; `giveUp` is called at most once. */
export interface Wait {
  giveUp(reason: DatabaseUnavailable): void;
}

interface Probe {
  age: number;
  /** How long nobody was answered. */
  silentTicks: number;
  end(): void;
}

export interface WatchListener {
  onSilent?: () => void;
  onReturn?: () => void;
}

export class AnswerWatch {
  readonly #config: pg.ClientConfig;
  readonly #waits = new Map<Wait, number>();
  readonly #listeners: WatchListener[] = [];
  readonly #stop = new AbortController();
  #probe: Probe | null = null;
  #isTicking = false;
  #isSilent = false;
  /** Something failed since the last answered probe: whoever gave up for now wants to hear that it is back. */
  #hasFailed = false;

  constructor(config: pg.ClientConfig) {
    this.#config = config;
  }

  listen(listener: WatchListener): void {
    this.#listeners.push(listener);
  }

  /** Throws DatabaseUnavailable at once while the database is silent (W2). */
  begin(wait: Wait): void {
    if (this.#isSilent) throw silence();
    this.#waits.set(wait, 0);
    this.#keepTicking();
  }

  end(wait: Wait): void {
    this.#waits.delete(wait);
  }

  /** Somebody was answered: the database is there, however long a probe may take. */
  noteAnswer(): void {
    if (this.#probe) this.#probe.silentTicks = 0;
  }

  /** A connection failed (W1). */
  noteFailure(): void {
    this.#hasFailed = true;
    if (this.#stop.signal.aborted) return;
    this.#probe ??= this.#startProbe();
    this.#keepTicking();
  }

  stop(): void {
    this.#stop.abort(new Error('the database connections end'));
    this.#probe?.end();
  }

  #keepTicking(): void {
    if (this.#isTicking || this.#stop.signal.aborted) return;
    this.#isTicking = true;
    void this.#tickOn();
  }

  async #tickOn(): Promise<void> {
    while (this.#waits.size > 0 || this.#probe || this.#hasFailed) {
      try {
        await systemClock.sleep(TICK_MS, this.#stop.signal);
      } catch {
        return; // Stopped: nothing ticks again.
      }
      this.#tick();
    }
    this.#isTicking = false;
  }

  #tick(): void {
    let isSuspect = false;
    for (const [wait, ticks] of this.#waits) {
      this.#waits.set(wait, ticks + 1);
      isSuspect ||= ticks + 1 >= SUSPECT_TICKS;
    }
    if (!this.#probe) {
      if (isSuspect || this.#hasFailed) this.#probe = this.#startProbe();
      return;
    }
    if (++this.#probe.silentTicks === SILENT_TICKS) this.#fallSilent();
    if (++this.#probe.age < RENEW_TICKS) return;
    this.#probe.end();
    this.#probe = this.#startProbe();
  }

  #fallSilent(): void {
    this.#hasFailed = true;
    if (!this.#isSilent) for (const { onSilent } of this.#listeners) onSilent?.();
    this.#isSilent = true;
    const waits = [...this.#waits.keys()];
    this.#waits.clear();
    for (const wait of waits) wait.giveUp(silence());
  }

  #startProbe(): Probe {
    const socket = new Socket();
    const client = new pg.Client({ ...this.#config, stream: () => socket });
    const probe: Probe = { age: 0, silentTicks: 0, end: () => void socket.destroy() };
    // What goes wrong on this connection is told by the query; an idle one is not kept.
    client.on('error', () => {});
    const ask = async () => {
      await client.connect();
      await client.query('select 1');
    };
    ask()
      .then(
        () => this.#answered(probe),
        // No answer, but no silence either; the next tick asks again.
        () => this.#forget(probe),
      )
      .finally(() => socket.destroy());
    return probe;
  }

  #answered(probe: Probe): void {
    if (this.#probe !== probe) return;
    this.#probe = null;
    for (const wait of this.#waits.keys()) this.#waits.set(wait, 0);
    const isBack = this.#hasFailed;
    this.#isSilent = false;
    this.#hasFailed = false;
    if (isBack && !this.#stop.signal.aborted) for (const { onReturn } of this.#listeners) onReturn?.();
  }

  #forget(probe: Probe): void {
    if (this.#probe !== probe) return;
    this.#hasFailed = true;
    this.#probe = null;
  }
}

function silence(): DatabaseUnavailable {
  return new DatabaseUnavailable(new Error('it does not answer'));
}
