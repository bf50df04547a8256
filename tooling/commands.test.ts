// Commands: what `npm start` and `npm test` lean on: installing once, building when stale, counting honestly, one Ctrl-C.

import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { countReport, judgeRun, nameFailed, nameSecondAttempts, nameSkipped } from './count-tests.mjs';
import { ensureInstalled } from './install.mjs';
import { findMachineNeeds } from './machine-needs.mjs';
import { isSupportedNode } from './node-version.mjs';
import { countRepeatedSignalsOnce } from './repeated-signals.mjs';
import { runCommand } from './run-command.mjs';
import { fingerprint, isBuiltFrom, keepBuiltFrom } from './source-fingerprint.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'molecule-tooling-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const write = (path: string, text: string) => {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
};

describe('the Node version', () => {
  it.each([
    ['20.19.0', true],
    ['20.20.2', true],
    ['22.1.0', true],
    ['24.0.0', true],
    ['20.18.9', false],
    ['18.20.0', false],
  ])('%s is supported: %s', (version, isSupported) => {
    expect(isSupportedNode(version)).toBe(isSupported);
  });
});

describe('installing', () => {
  const lock = (version: string) =>
    JSON.stringify({
      packages: {
        '': {},
        'node_modules/a': { version },
        'node_modules/for-another-machine': { version: '1.0.0', optional: true },
        'packages/ours': { version: '0.1.0' },
        'node_modules/@molecule/ours': { resolved: 'packages/ours', link: true },
      },
    });
  /** Stands in for npm: records the call and installs what the lock names. */
  const npm = `
    const fs = require('node:fs');
    fs.appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n');
    if (fs.existsSync('broken')) { console.log('registry away'); process.exit(1); }
    fs.mkdirSync('node_modules/a', { recursive: true });
    fs.writeFileSync('node_modules/a/package.json', '{}');
    fs.mkdirSync('node_modules/@molecule/ours', { recursive: true });
    fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
  `;
  const calls = () => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n');
  beforeEach(() => {
    write('npm.js', npm);
    write('package-lock.json', lock('1.0.0'));
    vi.stubEnv('npm_execpath', join(root, 'npm.js'));
  });

  it('happens once for one lock, and again when the lock changes', async () => {
    expect(await ensureInstalled(root)).toBe(true);
    expect(await ensureInstalled(root)).toBe(false);
    write('package-lock.json', lock('2.0.0'));
    expect(await ensureInstalled(root)).toBe(true);
    expect(calls()).toHaveLength(2);
    expect(calls()[0]).toMatch(/^ci .*--include=dev/);
  });

  it('accepts what npm filled by hand, when all of it is there (I2)', async () => {
    write('node_modules/a/package.json', '{}');
    mkdirSync(join(root, 'node_modules/@molecule/ours'), { recursive: true });
    write('node_modules/.package-lock.json', lock('1.0.0').replace('for-another-machine', 'x'));
    expect(await ensureInstalled(root)).toBe(false);
    write('package-lock.json', lock('1.0.1'));
    expect(await ensureInstalled(root)).toBe(true);
  });

  it('does not accept a record of a package whose folder is gone', async () => {
    mkdirSync(join(root, 'node_modules/@molecule/ours'), { recursive: true });
    write('node_modules/.package-lock.json', lock('1.0.0'));
    expect(await ensureInstalled(root)).toBe(true);
  });

  it('tries twice, says what npm said, and leaves no stamp (I1, I3)', async () => {
    write('broken', '');
    const said: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    vi.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
    await expect(ensureInstalled(root)).rejects.toThrow('exit 1');
    vi.restoreAllMocks();
    expect(said.join('')).toContain('registry away');
    expect(calls()).toHaveLength(2);
    rmSync(join(root, 'broken'));
    expect(await ensureInstalled(root)).toBe(true);
  });
});

describe('building when stale', () => {
  const stamp = () => join(root, 'dist/.built-from');
  const isFresh = () => isBuiltFrom(root, ['src', 'lock.json', 'absent'], stamp());
  beforeEach(() => {
    write('src/a.ts', 'a');
    write('src/b/c.ts', 'c');
    write('lock.json', '{}');
    keepBuiltFrom(stamp(), fingerprint(root, ['src', 'lock.json', 'absent']));
  });

  it('is fresh until a source changes, appears or goes', () => {
    expect(isFresh()).toBe(true);
    write('src/a.ts', 'b');
    expect(isFresh()).toBe(false);
    write('src/a.ts', 'a');
    expect(isFresh()).toBe(true);
    write('src/new.ts', '');
    expect(isFresh()).toBe(false);
    rmSync(join(root, 'src/new.ts'));
    rmSync(join(root, 'src/b'), { recursive: true });
    expect(isFresh()).toBe(false);
  });

  it('is fresh when only times changed, and when only tests changed', () => {
    utimesSync(join(root, 'src/a.ts'), 1, 1);
    write('src/a.test.ts', 'it');
    write('src/testing/fake.ts', 'fake');
    expect(isFresh()).toBe(true);
  });

  it('is stale when nothing was kept', () => {
    rmSync(stamp());
    expect(isFresh()).toBe(false);
  });
});

describe('counting', () => {
  const file = (status: string, ...tests: string[]) => ({
    name: '/clone/a.test.ts',
    status,
    assertionResults: tests.map((each) => ({ status: each, fullName: 'does' })),
  });

  it('adds up tests, and counts a file that did not load as one failure', () => {
    const testResults = [
      file('passed', 'passed', 'passed', 'skipped'),
      file('failed', 'passed', 'failed'),
      file('failed'),
      file('passed', 'todo'),
    ];
    expect(countReport({ testResults })).toEqual({ passed: 3, failed: 2, skipped: 2 });
  });

  it('names the tests that stepped aside, with their file', () => {
    const testResults = [
      {
        name: '/clone/a.test.ts',
        assertionResults: [
          { status: 'pending', fullName: 'with Redis keeps' },
          { status: 'passed', fullName: 'keeps' },
          { status: 'failed', fullName: 'loses' },
        ],
      },
    ];
    expect(nameSkipped({ testResults }, '/clone')).toEqual(['a.test.ts: with Redis keeps']);
  });

  it('names what failed with the first line of why, and what passed only when it was tried again', () => {
    const testResults = [
      {
        name: '/clone/a.test.ts',
        status: 'failed',
        assertionResults: [
          {
            status: 'failed',
            fullName: 'keeps',
            failureMessages: ['\u001b[31mError\u001b[39m: lost\n  at x'],
          },
          { status: 'passed', fullName: 'opens', meta: { failedAttempts: 1 } },
          { status: 'passed', fullName: 'closes', meta: {} },
        ],
      },
      { name: '/clone/b.test.ts', status: 'failed', message: 'no such module\n', assertionResults: [] },
    ];
    expect(nameFailed({ testResults }, '/clone')).toEqual([
      'a.test.ts: keeps: Error: lost',
      'b.test.ts: no such module',
    ]);
    expect(nameSecondAttempts({ testResults }, '/clone')).toEqual(['a.test.ts: opens']);
  });

  it('calls a run red that has no report, ran no test, or failed outside of its tests', () => {
    const reportPath = join(root, 'report.json');
    expect(judgeRun({ reportPath, exitCode: 0 })).toMatchObject({ failed: 1 });
    write('report.json', JSON.stringify({ testResults: [] }));
    expect(judgeRun({ reportPath, exitCode: 0 })).toMatchObject({ failed: 1, why: 'no test ran' });
    write('report.json', JSON.stringify({ testResults: [file('passed', 'skipped')] }));
    expect(judgeRun({ reportPath, exitCode: 0 })).toMatchObject({ failed: 1, why: 'no test ran' });
    write('report.json', JSON.stringify({ testResults: [file('passed', 'passed')] }));
    expect(judgeRun({ reportPath, exitCode: 1 })).toMatchObject({ passed: 1, failed: 1 });
    expect(judgeRun({ reportPath, exitCode: 0 })).toMatchObject({ passed: 1, failed: 0, why: null });
  });
});

describe('a repeated signal', () => {
  it('counts once when npm forwards its copy, and twice when a person insists', () => {
    const target = new EventEmitter();
    let at = 0;
    countRepeatedSignalsOnce(target as unknown as NodeJS.Process, () => at);
    const seen: string[] = [];
    for (const name of ['SIGINT', 'SIGTERM', 'other']) target.on(name, () => seen.push(name));
    target.emit('SIGINT');
    at = 20;
    target.emit('SIGINT');
    target.emit('SIGTERM');
    target.emit('other');
    target.emit('other');
    at = 400;
    target.emit('SIGINT');
    expect(seen).toEqual(['SIGINT', 'SIGTERM', 'other', 'other', 'SIGINT']);
  });
});

describe('running a command', () => {
  const node = (script: string, options = {}) => runCommand(process.execPath, ['-e', script], options);

  it('gives back code and output, and never rejects', async () => {
    expect(await node('console.log("out"); console.error("err"); process.exit(3)')).toMatchObject({
      code: 3,
      isOverTime: false,
    });
    expect((await node('console.log("out")')).output).toBe('out\n');
    expect((await runCommand('no-such-program', [])).code).toBe(127);
  });

  it('ends what it started, with its children, when the time is over (C1)', async () => {
    const script = `
      const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      console.log(child.pid);
      setInterval(() => {}, 1000);
    `;
    const { code, output, isOverTime } = await node(script, { limitMs: 1_500 });
    expect({ code, isOverTime }).toEqual({ code: 1, isOverTime: true });
    const pid = Number(output.trim());
    expect(pid).toBeGreaterThan(0);
    await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
  }, 20_000);

  function isAlive(pid: number): boolean {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  }
});

describe('what the machine has', () => {
  it('is found, unless the environment says where it is', () => {
    const needs = findMachineNeeds({ MOLECULE_TEST_CHROMIUM: '/opt/chromium' });
    expect(needs.find(({ variable }) => variable === 'MOLECULE_TEST_CHROMIUM')?.value).toBe('/opt/chromium');
    const postgres = needs.find(({ name }) => name === 'Debian Postgres');
    expect(postgres?.isAskedForIn('for (const flavour of databaseFlavours()) {')).toBe(true);
    expect(postgres?.isAskedForIn('a test of something else')).toBe(false);
    expect(new Set(needs.map(({ variable }) => variable)).size).toBe(needs.length);
  });
});
