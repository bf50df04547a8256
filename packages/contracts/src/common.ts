// Shapes that several routes share: ids in paths, errors, paging numbers that fall back instead of failing.

import { isUuid } from '@molecule/domain';
import { z } from 'zod';

export const uuid = z.string().refine(isUuid, 'must be a UUID').meta({ format: 'uuid' });
export const timestamp = z.string().meta({ format: 'date-time' });
export const json = z.unknown();

export const idParams = z.object({ id: z.string() });

export const errorBody = z.looseObject({
  error: z.string(),
  code: z.string().optional(),
  retry_after: z.number().optional(),
});
export type ErrorBody = z.output<typeof errorBody>;

/** An integer query value that falls back to `fallback` when it is absent or bad, and is cut at `max`. */
export function lenientInt(fallback: number, min: number, max: number) {
  return z
    .string()
    .optional()
    .transform((text) => {
      const value = text === undefined ? Number.NaN : Number(text);
      return Number.isInteger(value) && value >= min ? Math.min(value, max) : fallback;
    });
}

/** `?flag=true`; anything else is false. */
export const flag = z
  .string()
  .optional()
  .transform((text) => text === 'true' || text === '1');
