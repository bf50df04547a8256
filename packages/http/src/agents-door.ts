// Agents' door: a second way into a server, for agents in containers of this machine, who cannot reach its loopback. What
// may be called through it is decided where the routes are mounted; who comes through it is known by the request.
//
//   G1. Nothing but HTTP requests comes through: an upgrade is closed.
//   G2. A caller without a credential is nobody here, whatever the server's other door lets pass.

import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';

const KEEP_ALIVE_MS = 65_000;
const throughAgentsDoor = Symbol('came through the agents’ door');

type Marked = IncomingMessage & { [throughAgentsDoor]?: true };

export function cameThroughAgentsDoor(request: IncomingMessage): boolean {
  return (request as Marked)[throughAgentsDoor] === true;
}

export class AgentsDoor {
  readonly #answer: RequestListener;
  readonly #open = new Map<string, Promise<Server>>();

  /** `answer` gets every request, marked. */
  constructor(answer: RequestListener) {
    this.#answer = answer;
  }

  /** Opens the door at this address, once; gives its URL. Rejects with the system's error when that is impossible. */
  async open(address: string, port: number): Promise<string> {
    const opening = this.#open.get(address) ?? this.#listen(address, port);
    this.#open.set(address, opening);
    try {
      const bound = (await opening).address();
      return `http://${address}:${typeof bound === 'object' && bound ? bound.port : port}`;
    } catch (error) {
      this.#open.delete(address);
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const opening of this.#open.values()) {
      const server = await opening.catch(() => null);
      server?.closeIdleConnections();
      await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
    }
    this.#open.clear();
  }

  #listen(address: string, port: number): Promise<Server> {
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      (request as Marked)[throughAgentsDoor] = true;
      this.#answer(request, response);
    });
    server.on('upgrade', (_request, socket) => socket.destroy());
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port }, () => resolve(server));
    });
  }
}
