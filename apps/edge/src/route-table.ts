// Route table: which tenant lives where. Asked of the control plane, remembered in memory and on disk, so that known
// tenants are served whatever becomes of the control plane.
//
//   E1. L1: an answer counts for L1_MS without another look; "unknown" for NEGATIVE_MS, in memory only.
//   E2. L2: an older answer is used at once while a new one is fetched behind it, up to L2_MS; beyond that the request
//       waits for the look, and when the control plane does not answer, an answer of any age is used.
//   E3. A newer generation replaces an older one, and never the other way round.
//   E4. At most one look for a name runs at a time, and at most MAX_KNOWN names are remembered; the oldest go first.
//   E5. What the disk holds is a help: a file that cannot be read or written changes no answer.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, type Log, singleFlight } from '@molecule/kit';

const L1_MS = 60_000;
const L2_MS = 300_000;
const NEGATIVE_MS = 30_000;
/** A tenant that is refused now may be open in a moment: suspended, failed. */
const REFUSED_MS = 1_000;
const MAX_KNOWN = 50_000;

export interface Route {
  slug: string;
  status: string;
  upstream: string | null;
  orgId: string | null;
  generation: number;
  slot: string;
}

interface Known {
  /** Null: the control plane knows no such tenant. */
  route: Route | null;
  /** Epoch milliseconds of the control plane's answer. */
  at: number;
}

export interface Found {
  route: Route | null;
  ageMs: number;
}

/** Resolves with null for an unknown tenant; rejects when the control plane does not answer. */
export type LookUp = (slug: string) => Promise<Route | null>;

export class RouteTable {
  readonly #known = new Map<string, Known>();
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #file: string;
  readonly #look: (slug: string) => Promise<Known | null>;
  #isChanged = false;

  constructor(options: { clock: Clock; log: Log; file: string; lookUp: LookUp }) {
    this.#clock = options.clock;
    this.#log = options.log;
    this.#file = options.file;
    this.#look = singleFlight(async (slug) => {
      try {
        return this.#keep(slug, await options.lookUp(slug));
      } catch (error) {
        this.#log.warn(
          { err: error, slug },
          'the control plane did not answer; what is known of the tenant is used',
        );
        return null;
      }
    });
  }

  /** Null when nothing is known and the control plane does not answer. */
  async find(slug: string): Promise<Found | null> {
    const known = this.#known.get(slug);
    const ageMs = known ? this.#clock.now() - known.at : Number.POSITIVE_INFINITY;
    if (known && ageMs < freshMs(known)) return this.#found(known);
    if (known?.route && isSettled(known) && ageMs < L2_MS) {
      void this.#look(slug).catch(() => {
        // The look tells the log itself.
      });
      return this.#found(known);
    }
    return this.refresh(slug);
  }

  /** Looks now; what was known before is used when the control plane does not answer (E2). */
  async refresh(slug: string): Promise<Found | null> {
    const looked = (await this.#look(slug)) ?? this.#known.get(slug) ?? null;
    return looked && (looked.route !== null || this.#clock.now() - looked.at < NEGATIVE_MS)
      ? this.#found(looked)
      : null;
  }

  /** E5. */
  async load(): Promise<void> {
    try {
      const kept = JSON.parse(await readFile(this.#file, 'utf8')) as [string, Known][];
      for (const [slug, known] of kept.slice(0, MAX_KNOWN)) if (known.route) this.#known.set(slug, known);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#log.warn({ err: error }, 'what the edge remembered cannot be read');
      }
    }
  }

  async save(): Promise<void> {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    const kept = [...this.#known].filter(([, known]) => known.route !== null);
    await mkdir(dirname(this.#file), { recursive: true });
    await writeFile(`${this.#file}.next`, JSON.stringify(kept), { mode: 0o600 });
    await rename(`${this.#file}.next`, this.#file);
  }

  /** E3, E4. */
  #keep(slug: string, route: Route | null): Known {
    const before = this.#known.get(slug);
    const isOlder =
      route && before?.route?.orgId === route.orgId && before.route.generation > route.generation;
    const known: Known = { route: isOlder ? before.route : route, at: this.#clock.now() };
    this.#known.delete(slug);
    this.#known.set(slug, known);
    this.#isChanged = true;
    if (this.#known.size > MAX_KNOWN) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    return known;
  }

  #found(known: Known): Found {
    return { route: known.route, ageMs: Math.max(0, this.#clock.now() - known.at) };
  }
}

function isSettled(known: Known): boolean {
  return known.route?.status === 'running';
}

function freshMs(known: Known): number {
  if (known.route === null) return NEGATIVE_MS;
  // Who is handed over to a tenant in the moment it opens must not be turned away by what was known before.
  if (known.route.status === 'provisioning') return 0;
  return isSettled(known) ? L1_MS : REFUSED_MS;
}
