// With deadline: a promise that ends in time, by its own result or by a timeout error. The work itself is not stopped:
// give it the signal.

export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

export async function withDeadline<T>(
  work: Promise<T> | ((signal: AbortSignal) => Promise<T>),
  ms: number,
  what = 'the operation',
): Promise<T> {
  const controller = new AbortController();
  const error = new DeadlineExceeded(`${what} did not end within ${ms} ms`);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      controller.abort(error);
      reject(error);
    }, ms);
  });
  try {
    return await Promise.race([typeof work === 'function' ? work(controller.signal) : work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
