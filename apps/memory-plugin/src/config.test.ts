// Where the memory plugin may listen, and when it insists on a token.
import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';

const DATABASE = { MEMORY_PLUGIN_DATABASE_URL: 'postgres://localhost/x' };
const at = (listen: string, more: Record<string, string> = {}) =>
  loadConfig({ ...DATABASE, MEMORY_PLUGIN_LISTEN_ADDR: listen, ...more });

describe('the memory plugin', () => {
  it('listens on this machine alone unless told otherwise', () => {
    expect(loadConfig(DATABASE).listen).toEqual({ host: '127.0.0.1', port: 9100 });
  });

  it.each([
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['localhost:9100', { host: 'localhost', port: 9100 }],
    ['[::1]:9100', { host: '::1', port: 9100 }],
    ['unix:/run/memory.sock', { path: '/run/memory.sock' }],
  ])('reads %s', (text, listen) => {
    expect(at(text).listen).toEqual(listen);
  });

  it.each(['0.0.0.0:9100', ':9100', '[::]:9100', '10.0.0.5:9100', 'memory.example:9100'])(
    'refuses %s without a token, and takes it with one',
    (text) => {
      expect(() => at(text)).toThrow('MEMORY_PLUGIN_TOKEN');
      expect(at(text, { MEMORY_PLUGIN_TOKEN: 'f'.repeat(64) }).token?.reveal()).toHaveLength(64);
    },
  );

  it.each(['', 'nine', '127.0.0.1', '127.0.0.1:99999', 'unix:relative'])(
    'says what is wrong with %j',
    (text) => {
      if (text === '') expect(at(text).listen).toEqual({ host: '127.0.0.1', port: 9100 });
      else expect(() => at(text)).toThrow('MEMORY_PLUGIN_LISTEN_ADDR must be');
    },
  );

  it('keeps a store of its own when no database is named', () => {
    expect(loadConfig({})).toMatchObject({ databaseUrl: null, dataDir: './.molecule-memory' });
    expect(loadConfig(DATABASE).databaseUrl?.reveal()).toBe(DATABASE.MEMORY_PLUGIN_DATABASE_URL);
  });
});
