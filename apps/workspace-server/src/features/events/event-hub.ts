// Event hub: carries events from whoever made them to every listener: sockets, streams, timers.
//
//   H1. A listener that throws or is slow never delays another; buffers are the listeners' own.
//   H2. Frames made here reach local listeners at once; the ephemeral bus takes them to other processes.

import type { events } from '@molecule/contracts';
import type { Ephemeral } from '../../ephemeral/ephemeral.ts';

export type EventListener = (frame: events.EventFrame) => void;

const CHANNEL = 'events';

export class EventHub {
  readonly #listeners = new Set<EventListener>();
  readonly #ephemeral: Ephemeral;
  readonly #onListenerError: (error: unknown) => void;

  constructor(ephemeral: Ephemeral, onListenerError: (error: unknown) => void) {
    this.#ephemeral = ephemeral;
    this.#onListenerError = onListenerError;
  }

  start(): void {
    this.#ephemeral.subscribe(CHANNEL, (message) => this.#deliver(message as events.EventFrame));
  }

  listen(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells a stored event that the publisher has just given its `seq`. */
  tellStored(frame: events.EventFrame): void {
    this.#tell(frame);
  }

  /** Tells an event that is never stored. */
  broadcast(type: events.BroadcastEventType, workspaceId: string, payload: Record<string, unknown>): void {
    this.#tell({ event: type, workspace_id: workspaceId, timestamp: new Date().toISOString(), payload });
  }

  #tell(frame: events.EventFrame): void {
    this.#deliver(frame);
    this.#ephemeral.publish(CHANNEL, frame);
  }

  #deliver(frame: events.EventFrame): void {
    for (const listener of this.#listeners) {
      try {
        listener(frame);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }
}
