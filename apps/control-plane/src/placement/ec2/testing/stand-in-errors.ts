// Stand-in errors: a refusal of the stand-in cloud, by the service's own name for it.

export class Refusal extends Error {
  readonly code: string;
  readonly status: number;
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}
