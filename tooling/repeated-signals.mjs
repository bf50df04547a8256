// Repeated signals: one Ctrl-C reaches the server once, although it can arrive twice.
// The terminal sends it to every process in the foreground, and npm forwards its own copy. For the server a second
// interrupt means "now, without waiting for the agents", so the copy must not count.

const COPY_WINDOW_MS = 300;

/** Call before any listener is added: Node binds `process.emit` at that moment. */
export function countRepeatedSignalsOnce(target = process, now = () => performance.now()) {
  const emit = target.emit;
  const lastAt = new Map();
  target.emit = function emitOnce(event, ...args) {
    if (event === 'SIGINT' || event === 'SIGTERM') {
      const at = now();
      const isCopy = at - (lastAt.get(event) ?? Number.NEGATIVE_INFINITY) < COPY_WINDOW_MS;
      if (isCopy) return true;
      lastAt.set(event, at);
    }
    return emit.call(this, event, ...args);
  };
}
