// What the settings of memory mean, and which of them are refused.
import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';

const memory = (env: Record<string, string>) => loadConfig(env).memory;

describe('the settings of memory', () => {
  it('are a plugin of our own, with two seconds a call, when nothing is set', () => {
    expect(memory({})).toMatchObject({ url: null, isOff: false, timeoutMs: 2_000, isRequired: false });
  });

  it.each([
    ['2s', 2_000],
    ['500ms', 500],
    ['3', 3_000],
    ['60s', 60_000],
    ['10ms', 10],
  ])('read a time of %s', (text, ms) => {
    expect(memory({ MEMORY_PLUGIN_TIMEOUT: text }).timeoutMs).toBe(ms);
  });

  it.each(['0s', '9ms', '61s', 'soon', '-1s', '1h'])('refuse a time of %s', (text) => {
    expect(() => memory({ MEMORY_PLUGIN_TIMEOUT: text })).toThrow('MEMORY_PLUGIN_TIMEOUT must be');
  });

  it.each(['http://localhost:9100', 'http://127.0.0.1:1', 'http://[::1]:9100'])(
    'take %s without a token',
    (url) => {
      expect(memory({ MEMORY_PLUGIN_URL: url }).url).toBe(url);
    },
  );

  it('want a token for another machine', () => {
    const url = 'https://memory.example';
    expect(() => memory({ MEMORY_PLUGIN_URL: url })).toThrow('set MEMORY_PLUGIN_TOKEN');
    expect(memory({ MEMORY_PLUGIN_URL: url, MEMORY_PLUGIN_TOKEN: 'x' }).url).toBe(url);
  });

  it('turn memory off, unless another plugin is named', () => {
    expect(memory({ MEMORY_PLUGIN_DISABLE: '1' }).isOff).toBe(true);
    expect(memory({ MEMORY_PLUGIN_DISABLE: '1', MEMORY_PLUGIN_URL: 'http://localhost:9100' }).isOff).toBe(
      false,
    );
  });

  it('know the modes, and say what to do instead of those that are not offered', () => {
    expect(memory({ MEMORY_MODE: 'plugin' }).isOff).toBe(false);
    expect(memory({ MEMORY_MODE: 'off', MEMORY_PLUGIN_URL: 'http://localhost:9100' }).isOff).toBe(true);
    for (const mode of ['shadow', 'dual'])
      expect(() => memory({ MEMORY_MODE: mode })).toThrow('npm run memory:backfill');
    expect(memory({ MEMORY_V2_CUTOVER: 'true' }).isOff).toBe(false);
  });
});
