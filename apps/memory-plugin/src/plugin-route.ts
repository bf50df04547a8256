// Plugin route: one operation of the plugin wire as data: its path, how its parts are read, and what answers it.

import type { memoryPlugin } from '@molecule/contracts';
import type { z } from 'zod';
import { type PluginFault, pluginFaults } from './plugin-fault.ts';

export interface PluginCall {
  params: Record<string, string>;
  query: Record<string, string | undefined>;
  body: unknown;
}

export interface PluginAnswer {
  status: number;
  body?: unknown;
}

export interface PluginRoute {
  method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE';
  /** Fastify pattern. */
  path: string;
  bodyLimitBytes?: number;
  answer(call: PluginCall): Promise<PluginAnswer>;
}

/** `value` by the schema, or the 400 that says what is wrong with it. */
export function read<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw pluginFaults.badRequest(
    `${[what, ...(issue?.path ?? [])].join('.')}: ${issue?.message ?? 'invalid'}`,
  );
}

/** Epoch milliseconds of a time that must lie ahead. */
export function readExpiry(text: string | null | undefined, now: number): number | null | undefined {
  if (text === undefined || text === null) return text;
  const at = Date.parse(text);
  if (at <= now) throw pluginFaults.badRequest('expires_at: must not be in the past');
  return at;
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}

export function describeError({ code, message, details }: PluginFault): memoryPlugin.PluginError {
  return { code, message, ...(details === undefined ? {} : { details }) };
}
