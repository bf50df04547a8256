// Stream outlet: the sender's end of a relayed stream. It is opened at the agent's first byte, takes what comes, and is
// closed once.
//
//   O1. An end that is not the agent's own is an event of its own, whatever unfinished line stands before it.
//   O2. Nobody waits for a sender that is gone, that was cut off, or whose call has ended.
//   O3. A sender whose credential is revoked is cut off at once, also before the first byte; the agent is not disturbed.

import type { ServerResponse } from 'node:http';
import { type Fault, faults } from '@molecule/domain';
import { type RenderedFault, renderFault } from '@molecule/http';

export interface StreamSink {
  /** Called at the first byte of the agent's answer; until then a plain error can be sent. */
  open(status: number, contentType: string): ServerResponse;
  refuse(rendered: RenderedFault): Promise<void>;
  /** Fires when the sender's credential stops being valid. */
  revoked: AbortSignal;
}

export class StreamOutlet {
  readonly #sink: StreamSink;
  readonly #rpcId: unknown;
  readonly #onRevoked = () => this.#cutOff();
  #response: ServerResponse | null = null;
  #isOver = false;

  constructor(sink: StreamSink, rpcId: unknown) {
    this.#sink = sink;
    this.#rpcId = rpcId;
    if (sink.revoked.aborted) this.#cutOff();
    else sink.revoked.addEventListener('abort', this.#onRevoked, { once: true });
  }

  open(status: number, contentType: string): void {
    if (!this.#isOver) this.#response = this.#sink.open(status, contentType);
  }

  /** Waits for a slow sender (O2); `signal` is the end of the call to the agent. */
  write(chunk: Buffer, signal: AbortSignal): Promise<void> | void {
    const response = this.#response;
    if (!response || this.#isOver || response.destroyed || response.write(chunk)) return;
    return new Promise((resolve) => {
      const done = () => {
        response.off('drain', done);
        response.off('close', done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      response.once('drain', done);
      response.once('close', done);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  end(): void {
    if (this.#close()) this.#response?.end();
  }

  async fail(fault: Fault): Promise<void> {
    if (!this.#close()) return;
    if (this.#response) this.#response.end(errorEvent(this.#rpcId, fault));
    else await this.#sink.refuse(renderFault(fault));
  }

  #cutOff(): void {
    // A sender that does not read would keep its connection for ever; there is nothing that it must still be told.
    if (this.#response?.writableNeedDrain) this.#response.destroy();
    void this.fail(faults.invalidCredential('credential revoked'));
  }

  #close(): boolean {
    this.#sink.revoked.removeEventListener('abort', this.#onRevoked);
    const isFirst = !this.#isOver;
    this.#isOver = true;
    return isFirst && this.#response?.destroyed !== true;
  }
}

/** JSON-RPC's server error range; the fault's wire code stands in `data`. The blank line ends whatever stood before (O1). */
function errorEvent(rpcId: unknown, fault: Fault): string {
  const error = { code: -32000, message: fault.message, data: renderFault(fault).body };
  return `\n\ndata: ${JSON.stringify({ jsonrpc: '2.0', id: rpcId, error })}\n\n`;
}
