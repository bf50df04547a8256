// Log: no credential reaches a line, by key or by look; what is not one stays readable.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLog, type LogOptions } from './log.ts';
import { Secret } from './secret.ts';

function logged(write: (log: ReturnType<typeof createLog>) => void, hide?: LogOptions['hide']): string {
  const lines: string[] = [];
  write(
    createLog({
      level: 'info',
      destination: { write: (line) => lines.push(line) },
      ...(hide ? { hide } : {}),
    }),
  );
  for (const line of lines) JSON.parse(line);
  return lines.join('');
}

describe('the log', () => {
  it.each([
    ['authorization', { authorization: 'Basic canary' }],
    ['a header in any case', { headers: { AUTHORIZATION: 'canary', 'X-Api-Key': 'canary' } }],
    ['a deep key', { a: { b: { c: { d: { auth_token: 'canary' } } } } }],
    ['a compound key', { adminToken: 'canary', client_secret: 'canary', DB_PASSWORD: 'canary' }],
    ['a list', { 'set-cookie': ['sid=canary', 'x="canary"'] }],
    ['a text with quotes in it', { password: 'a"canary\\"canary' }],
    ['a number', { token: 4242424242 }],
    ['a Secret', { token: Secret.of('canary'), other: Secret.of('canary') }],
    ['an error with details', Object.assign(new Error('no'), { config: { headers: { cookie: 'canary' } } })],
  ])('hides %s', (_, value) => {
    const line = logged((log) => log.info(value, 'said'));
    expect(line).not.toMatch(/canary|4242424242/);
    expect(line).toContain('[secret]');
  });

  it('hides what a child logger is bound to', () => {
    expect(logged((log) => log.child({ token: 'canary' }).info('said'))).not.toContain('canary');
  });

  it('hides bearer credentials and the user of a URL in any text', () => {
    const line = logged((log) => log.info('sent Bearer can.ary-1 to postgres://me:canary@db/x'));
    expect(line).toContain('sent Bearer [secret] to postgres://[secret]@db/x');
  });

  it('hides what its owner names', () => {
    expect(logged((log) => log.info('key sk-canary seen'), /sk-\w+/g)).toContain('key [secret] seen');
    const hide = (line: string) => line.replaceAll('canary', 'bird');
    expect(logged((log) => log.info('a canary'), hide)).toContain('a bird');
  });

  it('leaves alone what is no credential', () => {
    const line = logged((log) =>
      log.info({ tokens: 512, tokenCount: 3, isSecret: true }, 'the cookie: "fine"'),
    );
    expect(JSON.parse(line)).toMatchObject({
      tokens: 512,
      tokenCount: 3,
      isSecret: true,
      msg: 'the cookie: "fine"',
    });
  });

  it('appends to a file that nobody else may read', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'kit-log-'));
    try {
      const file = join(dir, 'sub', 'server.log');
      createLog({ level: 'info', file, name: 'test' }).info('hello');
      await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8')).toContain('hello');
      expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ name: 'test', msg: 'hello' });
      expect(statSync(file).mode & 0o777).toBe(0o600);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it.runIf(existsSync('/dev/full'))('survives a full disk and says so once', async () => {
    const troubles: NodeJS.ErrnoException[] = [];
    const log = createLog({ level: 'info', file: '/dev/full', onTrouble: (error) => troubles.push(error) });
    log.info('one');
    await expect.poll(() => troubles.length).toBe(1);
    log.info('two');
    await new Promise((resolve) => log.flush(resolve));
    expect(troubles.map((error) => error.code)).toEqual(['ENOSPC']);
  });
});
