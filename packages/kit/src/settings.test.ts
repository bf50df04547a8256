// Settings: all problems at once, in words that help, and never a secret among them.
import { describe, expect, it } from 'vitest';
import type { Secret } from './secret.ts';
import { defineSettings, printEnvExample, readSettings, SettingsError, setting } from './settings.ts';

const DEFINITIONS = defineSettings({
  port: setting.port('PORT', { doc: 'Where it listens.', default: 8080 }),
  retries: setting.int('RETRIES', { doc: 'How often.', min: 1, max: 5, example: '3' }),
  adminToken: setting.secret('ADMIN_TOKEN', { doc: 'Signs in.', optional: true }),
  level: setting.oneOf('LEVEL', ['info', 'debug'], { doc: 'How much.', default: 'info' }),
  origins: setting.list('ORIGINS', { doc: 'Who may.', default: [] }),
  isOpen: setting.flag('OPEN', { doc: 'Open?', default: false }),
  publicUrl: setting.url('PUBLIC_URL', { doc: 'Where people come.', optional: true }),
});

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readSettings(DEFINITIONS, env);
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  return [];
}

describe('settings', () => {
  it('gives typed, frozen values', () => {
    const settings = readSettings(DEFINITIONS, {
      PORT: '0',
      RETRIES: ' 5 ',
      LEVEL: 'DEBUG',
      ORIGINS: ' a, b,, ',
      OPEN: 'yes',
      PUBLIC_URL: 'https://example.org/',
    });
    expect(settings).toEqual({
      port: 0,
      retries: 5,
      adminToken: undefined,
      level: 'debug',
      origins: ['a', 'b'],
      isOpen: true,
      publicUrl: 'https://example.org',
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('reports every problem at once, with the name and an example', () => {
    const problems = problemsOf({ PORT: '70000', LEVEL: 'loud', OPEN: 'maybe', PUBLIC_URL: 'nowhere' });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'PORT',
      'RETRIES',
      'LEVEL',
      'OPEN',
      'PUBLIC_URL',
    ]);
    expect(problems[1]).toBe('RETRIES is not set: How often. Example: RETRIES=3');
    expect(problems[2]).toBe('LEVEL must be one of info, debug (it is "loud"). Example: LEVEL=info');
  });

  it('shows no value where any of them may be a secret', () => {
    const read = () =>
      readSettings(DEFINITIONS, { RETRIES: '1', LEVEL: 'canary' }, { areValuesHidden: true });
    expect(read).toThrow('LEVEL must be one of info, debug. Example: LEVEL=info');
  });

  it('counts an empty value as unset', () => {
    expect(readSettings(DEFINITIONS, { RETRIES: '1', PORT: '', LEVEL: '  ' })).toMatchObject({
      port: 8080,
      level: 'info',
    });
    expect(problemsOf({ RETRIES: '' })).toHaveLength(1);
  });

  it.each(['0', '6', '1.5', '1e0', '0x1', 'one', '-1'])(
    'refuses %s as a whole number from 1 to 5',
    (text) => {
      expect(problemsOf({ RETRIES: text })[0]).toContain('must be a whole number from 1 to 5');
    },
  );

  it.each(['localhost:8080', 'ftp://example.org', 'javascript:alert(1)'])(
    'refuses %s as an address',
    (text) => {
      expect(problemsOf({ RETRIES: '1', PUBLIC_URL: text })[0]).toContain('begins with http:// or https://');
    },
  );

  it('never shows a secret, nor the password inside a URL', () => {
    const definitions = defineSettings({
      key: {
        ...setting.secret('KEY', { doc: 'A key.' }),
        parse: (): Secret => {
          throw new Error('is too short');
        },
      },
      url: setting.url('URL', { doc: 'An address.', schemes: ['https'] }),
    });
    expect(() => readSettings(definitions, { KEY: 'canary-1', URL: 'http://me:canary-2@host' })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') }),
    );
  });

  it('wraps secrets so that they print as nothing', () => {
    const { adminToken } = readSettings(DEFINITIONS, { RETRIES: '1', ADMIN_TOKEN: 'canary' });
    expect(adminToken?.reveal()).toBe('canary');
    expect(JSON.stringify({ adminToken })).not.toContain('canary');
  });

  it('prints an example file that reads back as the defaults', () => {
    const text = printEnvExample(DEFINITIONS);
    expect(text).toContain('# Where it listens.\n#PORT=8080\n');
    const env = Object.fromEntries(
      text
        .split('\n')
        .filter((line) => /^#[A-Z_]+=/.test(line))
        .map((line) => line.slice(1).split('=')),
    );
    expect(readSettings(DEFINITIONS, env)).toMatchObject({
      port: 8080,
      retries: 3,
      level: 'info',
      isOpen: false,
    });
  });
});
