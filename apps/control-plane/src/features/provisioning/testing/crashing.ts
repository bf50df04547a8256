// Crashing: a process that dies at its n-th call to the outside, before or after the call took effect. From then on nothing
// that it does reaches the outside any more.

export class Crashed extends Error {
  override readonly name = 'Crashed';
}

export class CrashPoint {
  readonly #at: number;
  readonly #moment: 'before' | 'after';
  #calls = 0;
  #isDead = false;

  constructor(at: number, moment: 'before' | 'after') {
    this.#at = at;
    this.#moment = moment;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** `target` with every method under this point. */
  wrap<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, key) => {
        const value = Reflect.get(object, key, object) as unknown;
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          if (this.#isDead) throw new Crashed();
          const isIt = ++this.#calls === this.#at;
          if (isIt && this.#moment === 'before') return this.#die();
          const result = await (value as (...args: unknown[]) => unknown).apply(object, args);
          if (isIt || this.#isDead) return this.#die();
          return result;
        };
      },
    });
  }

  #die(): never {
    this.#isDead = true;
    throw new Crashed();
  }
}
