// Operation: one named, pure piece of work on a text. Scripts call operations by name; nothing else can run.
//
//   O1. The same text gives the same answer: no clock, no network, no chance, no state.
//   O2. Work grows with the length of the text, never faster by more than a logarithm.
//   O3. An answer says only what was read in the text; a hint is called a hint.

import type { z } from 'zod';

/** What scripts store and templates show: plain JSON. */
export type Value = string | number | boolean | readonly Value[] | { readonly [key: string]: Value };

/** Where something stands in the text, what stands there, and what there is to say about it. */
export interface Finding {
  readonly [key: string]: Value;
  readonly line: number;
  readonly text: string;
  readonly note: string;
}

export interface Operation {
  /** One sentence for the people who write scripts. */
  about: string;
  options: z.ZodObject | null;
  run(text: string, options: Record<string, unknown>): Value;
}

export function operation(about: string, run: (text: string) => Value): Operation {
  return { about, options: null, run };
}

export function operationWith<S extends z.ZodObject>(
  about: string,
  options: S,
  run: (text: string, options: z.output<S>) => Value,
): Operation {
  return { about, options, run: (text, given) => run(text, options.parse(given)) };
}
