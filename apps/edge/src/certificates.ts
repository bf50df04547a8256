// Certificates: pairs of files that somebody else keeps, and which of them answers to a name.
//
//   T1. A pair is `<any>.crt` and `<any>.key` in one folder, both PEM. The names stand in the certificate, not in the file.
//   T2. The name itself goes before a wildcard; of two that fit, the one that holds longer. Who says no name, or one that
//       nothing fits, gets the one of the domain, else the first: a refused handshake would tell names apart.
//   T3. What changes on disk is read again without a restart. A folder that cannot be used as a whole (a half-written
//       pair, a key of another certificate, nothing) changes nothing: what was served is served on, and the log says why.
//   T4. Only where the edge fills the folder itself may it be empty; then a handshake is refused until there is a pair.

import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Clock, Log } from '@molecule/kit';

/** Says what is wrong with the folder, in words for who runs the edge. */
export class CertificatesUnusable extends Error {
  override readonly name = 'CertificatesUnusable';
}

export interface CertificateAndKey {
  cert: Buffer;
  key: Buffer;
}

interface Pair extends CertificateAndKey {
  names: string[];
  startsAt: number;
  endsAt: number;
  context: SecureContext;
}

export class Certificates {
  readonly #folder: string;
  readonly #appDomain: string;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #mayBeEmpty: boolean;
  #pairs: Pair[] = [];
  #tellOfChange: (() => void) | null = null;
  /** The folder as it was looked at last, good or not. */
  #seen = '';

  constructor(options: { folder: string; appDomain: string; clock: Clock; log: Log; mayBeEmpty?: boolean }) {
    this.#folder = options.folder;
    this.#appDomain = options.appDomain;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#mayBeEmpty = options.mayBeEmpty ?? false;
  }

  /** The first reading. Rejects with CertificatesUnusable. */
  async load(): Promise<void> {
    this.#seen = await this.#look();
    this.#pairs = await this.#read();
  }

  /** T3. */
  async reload(): Promise<void> {
    try {
      const seen = await this.#look();
      if (seen === this.#seen) return;
      // Before it is read: what is written meanwhile is another look.
      this.#seen = seen;
      this.#pairs = await this.#read();
      this.#tellOfChange?.();
      this.#log.info({ certificates: this.#pairs.length }, 'the certificates changed and were read again');
    } catch (error) {
      if (!(error instanceof CertificatesUnusable)) throw error;
      this.#log.error(
        { reason: error.message },
        'the certificates cannot be used; those from before are served',
      );
    }
  }

  /** T2. Null while there is none at all (T4). */
  contextFor(name: string): SecureContext | null {
    return (best(this.#pairs, name.toLowerCase(), this.#clock.now()) ?? this.#nameless())?.context ?? null;
  }

  /** Every name that stands in a certificate. */
  held(): string[] {
    return [...new Set(this.#pairs.flatMap(({ names }) => names))];
  }

  /** Of the certificate that answers to this name; null when none fits. */
  lifeOf(name: string): { startsAt: number; endsAt: number } | null {
    return best(this.#pairs, name.toLowerCase(), this.#clock.now());
  }

  /** For who says no name; `tellOfChange` is called when it may be another. */
  nameless(tellOfChange: () => void): CertificateAndKey | null {
    this.#tellOfChange = tellOfChange;
    const pair = this.#nameless();
    return pair && { cert: pair.cert, key: pair.key };
  }

  #nameless(): Pair | null {
    const pair = best(this.#pairs, this.#appDomain, this.#clock.now()) ?? this.#pairs[0];
    if (!pair && !this.#mayBeEmpty) throw new Error('the certificates are asked for before they were read');
    return pair ?? null;
  }

  async #look(): Promise<string> {
    const digest = createHash('sha256');
    for (const file of await this.#files()) {
      const { mtimeMs, size, ino } = await stat(join(this.#folder, file)).catch(unusable(file));
      digest.update(JSON.stringify([file, mtimeMs, size, ino]));
    }
    return digest.digest('hex');
  }

  async #read(): Promise<Pair[]> {
    const files = await this.#files();
    const pairs: Pair[] = [];
    for (const file of files.filter((name) => name.endsWith('.crt'))) {
      const keyFile = file.replace(/\.crt$/, '.key');
      if (!files.includes(keyFile)) throw new CertificatesUnusable(`${file} has no ${keyFile} beside it`);
      pairs.push(await this.#readPair(file, keyFile));
    }
    if (pairs.length === 0 && !this.#mayBeEmpty) {
      throw new CertificatesUnusable(`there is no pair of .crt and .key in ${this.#folder}`);
    }
    return pairs;
  }

  async #readPair(file: string, keyFile: string): Promise<Pair> {
    const cert = await readFile(join(this.#folder, file)).catch(unusable(file));
    const key = await readFile(join(this.#folder, keyFile)).catch(unusable(keyFile));
    const { mode } = await stat(join(this.#folder, keyFile)).catch(unusable(keyFile));
    if ((mode & 0o007) !== 0)
      this.#log.warn({ file: keyFile }, 'every user of this machine may open this key');
    const isNone = () =>
      new CertificatesUnusable(`${file} and ${keyFile} are not a certificate and its key in PEM`);
    const first = orElse(isNone, () => new X509Certificate(cert));
    const isOfKey = orElse(isNone, () => first.checkPrivateKey(createPrivateKey(key)));
    if (!isOfKey) throw new CertificatesUnusable(`${keyFile} is not the key of ${file}`);
    const context = orElse(isNone, () => createSecureContext({ cert, key, minVersion: 'TLSv1.2' }));
    const names = namesOf(first);
    if (names.length === 0) throw new CertificatesUnusable(`${file} names no host`);
    const startsAt = Date.parse(first.validFrom);
    const endsAt = Date.parse(first.validTo);
    if (endsAt <= this.#clock.now()) this.#log.error({ file, names }, 'this certificate has ended');
    return { names, startsAt, endsAt, context, cert, key };
  }

  async #files(): Promise<string[]> {
    const all = await readdir(this.#folder).catch(unusable(this.#folder));
    return all.filter((name) => /\.(crt|key)$/.test(name)).sort();
  }
}

function unusable(what: string) {
  return (error: NodeJS.ErrnoException): never => {
    throw new CertificatesUnusable(`${what} cannot be read (${error.code ?? error.name})`);
  };
}

/** The library's own words may quote what it read. */
function orElse<T>(fault: () => CertificatesUnusable, read: () => T): T {
  try {
    return read();
  } catch {
    throw fault();
  }
}

/** The DNS names of the certificate's own list; browsers read no other. */
function namesOf(certificate: X509Certificate): string[] {
  const list = certificate.subjectAltName?.split(', ') ?? [];
  return list.filter((item) => item.startsWith('DNS:')).map((item) => item.slice(4).toLowerCase());
}

/** Exact before wildcard, then one that still holds, then the one that holds longest. */
function best(pairs: readonly Pair[], name: string, now: number): Pair | null {
  const wildcard = `*${name.slice(name.indexOf('.'))}`;
  const rank = (pair: Pair) => [Number(pair.endsAt > now), Number(pair.names.includes(name)), pair.endsAt];
  const fitting = pairs.filter(({ names }) => names.includes(name) || names.includes(wildcard));
  const [found] = fitting.sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    const at = left.findIndex((value, i) => value !== right[i]);
    return at === -1 ? 0 : (right[at] as number) - (left[at] as number);
  });
  return found ?? null;
}
