// With deadline: a promise that ends in time, by its own result or by a timeout error. The work itself is not stopped:
// give it the signal.

import { type Clock, systemClock } from './clock.ts';

export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

export async function withDeadline<T>(
  work: Promise<T> | ((signal: AbortSignal) => Promise<T>),
  ms: number,
  what = 'the operation',
  clock: Clock = systemClock,
): Promise<T> {
  const controller = new AbortController();
  const error = new DeadlineExceeded(`${what} did not end within ${ms} ms`);
  const finished = new AbortController();
  const timeout = clock.sleep(ms, finished.signal).then(
    () => {
      controller.abort(error);
      throw error;
    },
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([typeof work === 'function' ? work(controller.signal) : work, timeout]);
  } finally {
    finished.abort();
  }
}
