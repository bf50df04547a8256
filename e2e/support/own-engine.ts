// Own engine: a container engine of a scenario's own, on a small disk of its own, that can be frozen, killed and filled up
// without touching that of the machine. Its containers outlive it, as with `live-restore` on a real machine.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './tenant.ts';

const READY_MS = 60_000;
const BRIDGE = 'mol-own-engine';
const run = (file: string, ...args: string[]) =>
  execFileSync(file, args, { encoding: 'utf8', stdio: 'pipe' }).trim();

export class OwnEngine {
  readonly #folder: string;
  #daemon: ChildProcess | null = null;

  /** Needs root. */
  static async start(diskMb: number): Promise<OwnEngine> {
    const folder = await mkdtemp(join(tmpdir(), 'molecule-own-engine-'));
    await mkdir(join(folder, 'disk'));
    run('mount', '-t', 'tmpfs', '-o', `size=${diskMb}m`, 'tmpfs', join(folder, 'disk'));
    // Without a bridge of its own, or with none, it would take that of the machine's engine away.
    run('ip', 'link', 'add', BRIDGE, 'type', 'bridge');
    run('ip', 'address', 'add', '10.213.77.1/24', 'dev', BRIDGE);
    const engine = new OwnEngine(folder);
    await engine.comeBack();
    return engine;
  }

  private constructor(folder: string) {
    this.#folder = folder;
  }

  get socket(): string {
    return join(this.#folder, 'engine.sock');
  }

  docker(...args: string[]): string {
    return run('docker', '-H', `unix://${this.socket}`, ...args);
  }

  freeze(isFrozen: boolean): void {
    this.#daemon?.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT');
  }

  /** At once; containers go on. */
  async die(): Promise<void> {
    const daemon = this.#daemon;
    const ended = new Promise((resolve) => daemon?.once('exit', resolve));
    daemon?.kill('SIGKILL');
    await ended;
    await rm(join(this.#folder, 'pid'), { force: true });
  }

  async comeBack(): Promise<void> {
    this.#spawn();
    await until(
      'the engine answers',
      () => {
        // It gives up when what it lost a moment ago still holds its place.
        if (this.#daemon?.exitCode !== null) this.#spawn();
        try {
          return this.docker('version', '--format', '{{.Server.Version}}') !== '';
        } catch {
          return false;
        }
      },
      READY_MS,
    );
  }

  #spawn(): void {
    const log = openSync(join(this.#folder, 'log'), 'a');
    this.#daemon = spawn(
      'dockerd',
      [
        ...['--data-root', join(this.#folder, 'disk', 'data'), '--exec-root', join(this.#folder, 'run')],
        ...['-H', `unix://${this.socket}`, '--pidfile', join(this.#folder, 'pid')],
        ...[`--bridge=${BRIDGE}`, '--iptables=false', '--live-restore'],
      ],
      { stdio: ['ignore', log, log] },
    );
    closeSync(log);
  }

  /** Nothing more can be written to its disk. */
  fill(): void {
    const file = join(this.#folder, 'disk', 'full');
    // Ends when the disk does.
    run('sh', '-c', `head -c 100G /dev/zero > '${file}' 2>/dev/null || true`);
  }

  async makeRoom(): Promise<void> {
    await rm(join(this.#folder, 'disk', 'full'));
  }

  async stop(): Promise<void> {
    this.freeze(false);
    for (const id of this.docker('ps', '-aq').split('\n').filter(Boolean)) this.docker('rm', '-f', id);
    this.docker('network', 'prune', '-f');
    const ended = new Promise((resolve) => this.#daemon?.once('exit', resolve));
    this.#daemon?.kill('SIGTERM');
    await ended;
    run('ip', 'link', 'delete', BRIDGE);
    run('umount', '-l', join(this.#folder, 'disk'));
    await rm(this.#folder, { recursive: true, force: true });
  }

  log(): Promise<string> {
    return readFile(join(this.#folder, 'log'), 'utf8');
  }
}
