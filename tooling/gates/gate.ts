// Gate: one rule of the house that a machine can check. Each has a planted violation in its test that turns it red.

export interface Violation {
  /** Relative to the root. */
  path: string;
  line?: number;
  message: string;
}

export interface Gate {
  /** What the rule says, in a few words. */
  name: string;
  find(root: string): Violation[] | Promise<Violation[]>;
  /** What a reader of the verdict wants to know even when nothing is wrong, such as a count. */
  note?(root: string): string;
}

export function showViolation({ path, line, message }: Violation): string {
  return `${path}${line === undefined ? '' : `:${line}`}  ${message}`;
}
