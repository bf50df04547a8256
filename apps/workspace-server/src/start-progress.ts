// Start progress: named steps with elapsed time, for whoever watches the terminal.

export class StartProgress {
  readonly #out: { write(text: string): unknown };
  readonly #startedAt: number;

  constructor(out: { write(text: string): unknown }) {
    this.#out = out;
    const handedOver = (globalThis as { moleculeStartedAt?: number }).moleculeStartedAt;
    this.#startedAt = handedOver ?? Date.now();
  }

  say(step: string): void {
    const seconds = ((Date.now() - this.#startedAt) / 1000).toFixed(1).padStart(5);
    this.#out.write(`[${seconds} s] ${step}\n`);
  }

  print(text: string): void {
    this.#out.write(text);
  }
}
