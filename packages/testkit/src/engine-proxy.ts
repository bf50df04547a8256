// Engine proxy: stands between a tenant and the container engine of this machine, and plays an engine that is away, hangs,
// or breaks off at a start.

import { connect, createServer, type Server, type Socket } from 'node:net';

/** Where the engine really listens. */
export const ENGINE_SOCKET = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace(
  'unix://',
  '',
);

/** What becomes of a request: `lose`: the engine does it, and the answer never arrives. */
export type RequestFate = 'pass' | 'refuse' | 'lose';

/** A socket that passes everything on to the engine, until it is closed or frozen. */
export class EngineProxy {
  readonly path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isFrozen = false;
  #refusesStarts = false;
  #decide: (firstLine: string) => RequestFate = () => 'pass';
  #madeNotStarted = 0;
  /** The most units that were made and not asked to start yet, at one time. */
  mostInStart = 0;

  static async open(path: string): Promise<EngineProxy> {
    const proxy = new EngineProxy(path);
    await proxy.comeBack();
    return proxy;
  }

  private constructor(path: string) {
    this.path = path;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#join(client));
  }

  /** After a {@link close}: listens again. */
  async comeBack(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.path, resolve));
  }

  freeze(isFrozen: boolean): void {
    this.#isFrozen = isFrozen;
    for (const socket of this.#sockets) {
      if (isFrozen) socket.pause();
      else socket.resume();
    }
  }

  /** Containers can be made from now on, and not be started: the connection breaks. */
  refuseStarts(): void {
    this.#refusesStarts = true;
  }

  /** Requests whose first line fits are answered with 500 from now on; null: none. */
  refuse(requests: RegExp | null): void {
    this.#decide = (firstLine) => (requests?.test(firstLine) ? 'refuse' : 'pass');
  }

  /** Asked for each request from now on. */
  decide(fateOf: (firstLine: string) => RequestFate): void {
    this.#decide = fateOf;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    const engine = connect({ path: ENGINE_SOCKET, allowHalfOpen: true });
    const exchange = { isLost: false };
    this.#pass(client, engine, exchange);
    this.#pass(engine, client, exchange);
  }

  #count(words: string, isStart: boolean): void {
    if (/^POST \/containers\/create\?name=ws-/.test(words)) this.#madeNotStarted++;
    else if (isStart) this.#madeNotStarted--;
    this.mostInStart = Math.max(this.mostInStart, this.#madeNotStarted);
  }

  #pass(from: Socket, to: Socket, exchange: { isLost: boolean }): void {
    this.#sockets.add(from);
    from.on('data', (chunk) => {
      const words = chunk.toString('latin1');
      const isStart = /^POST \/containers\/\w+\/start/.test(words);
      this.#count(words, isStart);
      const fate = /^[A-Z]+ \//.test(words) ? this.#decide(words) : 'pass';
      if (fate === 'lose') exchange.isLost = true;
      const isLostAnswer = exchange.isLost && words.startsWith('HTTP/');
      if (isLostAnswer || (isStart && this.#refusesStarts)) from.destroy();
      else if (fate === 'refuse') answerRefused(from, to);
      else to.write(chunk);
    });
    from.on('end', () => to.end());
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      if (exchange.isLost) to.destroy();
      if (!to.writableEnded) to.destroy();
    });
    if (this.#isFrozen) from.pause();
  }
}

/** What an engine says that is broken; what the client still sends is swallowed. */
function answerRefused(client: Socket, engine: Socket): void {
  const body = JSON.stringify({ message: 'open /var/lib/docker/image: input/output error' });
  client.removeAllListeners('data');
  client.resume();
  engine.destroy();
  client.end(
    `HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}
