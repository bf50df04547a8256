// Exchange: one request and what must come back, short enough to stand in a table.

import { expect } from 'vitest';
import { type Answer, callTenant, type ScenarioTenant } from './tenant.ts';

export type Send = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

/** A text is the body's whole `error`, a pattern matches it, anything else is the whole body; undefined leaves it open. */
export type Expected = string | RegExp | object | undefined;

/** The last two cells of a row: the status, and what the body says. */
export type Row = [title: string, send: () => Promise<Answer>, status: number, expected?: Expected];

export function sendAs(tenant: Pick<ScenarioTenant, 'url'>, credential: Record<string, string>): Send {
  return (method, path, body, headers = {}) =>
    callTenant(tenant.url, path, { method, body, headers: { ...credential, ...headers } });
}

export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

export function bodyOf<T = Record<string, unknown>>(answer: Answer): T {
  return JSON.parse(answer.text) as T;
}

export function expectAnswer(answer: Answer, status: number, expected: Expected): void {
  if (expected === undefined) {
    expect(answer.status, answer.text.slice(0, 300)).toBe(status);
  } else if (typeof expected === 'string' || expected instanceof RegExp) {
    const error = typeof expected === 'string' ? expected : expect.stringMatching(expected);
    expect([answer.status, errorOf(answer)]).toEqual([status, error]);
  } else {
    expect([answer.status, parse(answer.text)]).toEqual([status, expected]);
  }
}

/** For `it.each(ROWS)('%s', exchange)`. */
export async function exchange(
  _title: string,
  send: () => Promise<Answer>,
  status: number,
  expected?: Expected,
): Promise<void> {
  expectAnswer(await send(), status, expected);
}

function errorOf(answer: Answer): unknown {
  const body = parse(answer.text);
  return typeof body === 'object' && body !== null && 'error' in body
    ? body.error
    : answer.text.slice(0, 300);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
