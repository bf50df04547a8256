// Config of limits: what holds unless it is set, and both sides of each edge.

import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';

describe('settings of limits', () => {
  it('have the values of the contract unless they are set', () => {
    expect(loadConfig({})).toMatchObject({
      rateLimitPerMinute: 600,
      rateLimitCallers: 50_000,
      socketPingMs: 30_000,
    });
  });

  it.each([
    ['SOCKET_PING_SECONDS', 'socketPingMs', 1, 300, 1_000],
    ['RATE_LIMIT_CALLERS', 'rateLimitCallers', 100, 10_000_000, 1],
  ] as const)('%s is taken between its edges only', (name, field, least, most, unit) => {
    for (const value of [least, most])
      expect(loadConfig({ [name]: String(value) })[field]).toBe(value * unit);
    for (const value of [least - 1, most + 1, 'soon', '1.5'])
      expect(() => loadConfig({ [name]: String(value) })).toThrow(name);
  });
});
