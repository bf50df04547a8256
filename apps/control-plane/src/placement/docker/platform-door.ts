// Platform door: how a tenant in a container reaches the platform where that listens on loopback: a listener on the tenant's
// own bridge that leads every connection there. It lives as long as the control plane; a tenant bears without it.

import { connect, createServer, type Server } from 'node:net';
import type { Log } from '@molecule/kit';

const MAX_CONNECTIONS = 256;

export class PlatformDoors {
  readonly #servers = new Map<string, Server>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Where the tenant finds the platform; its own address when that is none of loopback. */
  async open(gateway: string, platformUrl: string): Promise<string> {
    const url = new URL(platformUrl);
    if (!/^(127(\.\d+){3}|\[::1\]|(.+\.)?localhost)$/.test(url.hostname)) return url.origin;
    const port = Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
    const at = `${gateway}:${port}`;
    if (!this.#servers.has(at)) await this.#listen(at, gateway, port);
    return `${url.protocol}//${at}`;
  }

  close(gateway: string): void {
    for (const [at, server] of this.#servers) {
      if (!at.startsWith(`${gateway}:`)) continue;
      server.close();
      this.#servers.delete(at);
    }
  }

  async #listen(at: string, gateway: string, port: number): Promise<void> {
    const server = createServer((client) => {
      const platform = connect(port, '127.0.0.1');
      for (const [from, to] of [
        [client, platform],
        [platform, client],
      ] as const) {
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
        from.pipe(to);
      }
    });
    server.maxConnections = MAX_CONNECTIONS;
    server.unref();
    await new Promise<void>((resolve) => {
      server.once('error', (error) => {
        this.#log.warn({ err: error, at }, 'a tenant does not reach the platform');
        resolve();
      });
      server.listen(port, gateway, () => {
        this.#servers.set(at, server);
        resolve();
      });
    });
  }
}
