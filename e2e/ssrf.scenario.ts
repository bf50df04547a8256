// SSRF: whatever address an agent or an operator names, the server connects to public addresses only. Judged by
// listeners on every address of a network of its own, not by what the validator says.

import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifies } from './requirements.ts';
import { addressOfCase } from './support/ssrf-corpus.ts';
import type { RangeReport } from './support/ssrf-range.ts';

const HERE = dirname(fileURLToPath(import.meta.url));

/** Every address of the namespace is its own, so that every connection arrives at the listeners. */
const SET_UP = [
  'set -e',
  'ip link set lo up',
  'ip route add local 0.0.0.0/0 dev lo',
  'ip -6 route add local ::/0 dev lo',
  'mount --bind "$1" /etc/resolv.conf',
  'shift',
  'exec "$@"',
].join('\n');

function mayMakeNamespaces(): boolean {
  try {
    execFileSync('unshare', ['--net', '--mount', 'ip', 'link', 'set', 'lo', 'up'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('SSRF: left out, since this user may not make network namespaces (run as root)');
    return false;
  }
}

const mayRun = mayMakeNamespaces();

describe.runIf(mayRun)('server-side request forgery', () => {
  let report: RangeReport;
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'molecule-ssrf-'));
    const resolver = join(folder, 'resolv.conf');
    await writeFile(resolver, 'nameserver 127.0.0.1\noptions timeout:1 attempts:2\n');
    const range = [process.execPath, '--import', 'tsx', join(HERE, 'support/ssrf-range.ts')];
    report = await new Promise<RangeReport>((resolve, reject) => {
      execFile(
        'unshare',
        ['--net', '--mount', 'sh', '-c', SET_UP, 'sh', resolver, ...range],
        { timeout: 240_000, maxBuffer: 16 * 1024 * 1024 },
        (error, stdout, stderr) => {
          if (error) reject(new Error(`${error.message}\n${stderr}`));
          else resolve(JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as RangeReport);
        },
      );
    });
  }, 250_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('is tried in at least 400 ways, by creating, by registering and by dispatching', () => {
    console.info(
      `SSRF: ${report.cases} cases, ${report.attempts} attempts, ${report.publicCalls} calls of public addresses`,
    );
    expect(report.cases).toBeGreaterThanOrEqual(400);
    expect(report.attempts).toBe(report.cases * 3);
  });

  it('reaches nothing but public addresses', () => {
    expect(report.reached).toEqual([]);
  });

  const RANGES: [title: string, addresses: readonly string[]][] = [
    [verifies('core.7-loopback', 'loopback'), ['127.0.0.1', '127.1.2.3', '::1', '0:0:0:0:0:0:0:1']],
    [verifies('core.7-unspecified', 'the unspecified address'), ['0.0.0.0', '::']],
    [
      verifies('core.7-link-local', 'link-local addresses and the metadata of clouds'),
      ['169.254.169.254', '169.254.1.1', 'fe80::1', 'fe80::a9fe:a9fe'],
    ],
    [
      verifies('core.7-private', 'private ranges'),
      [
        '10.0.0.1',
        '10.255.255.254',
        '172.16.0.1',
        '172.31.255.254',
        '192.168.0.1',
        'fd00::1',
        'fdff:ffff::1',
      ],
    ],
    [verifies('core.7-unique-local', 'fc00::/8'), ['fc00::1']],
    [
      verifies('core.7-reserved', 'shared space and documentation ranges'),
      ['100.64.0.1', '100.127.255.254', '192.0.2.1', '198.51.100.1', '203.0.113.1'],
    ],
    [verifies('core.7-multicast', 'multicast'), ['224.0.0.251', 'ff02::1']],
    [verifies('core.7-documentation', '2001:db8::/32'), ['2001:db8::1']],
  ];
  /** A name that was public when it was asked for is taken by whoever only asks; nobody connects by that answer. */
  const isLaterLie = ({ name, path }: { name: string; path: string }) =>
    path === 'create' && /^x[0-9a-f]+\.flip\.test$/.test(name);

  it.each(RANGES)('%s is taken in no notation and by no name, and called by none', (_title, addresses) => {
    for (const address of addresses) {
      const tried = report.all.filter(({ name }) => addressOfCase(name) === address);
      for (const path of ['create', 'register', 'dispatch'])
        expect(tried.filter((attempt) => attempt.path === path).length).toBeGreaterThanOrEqual(9);
      expect(tried.filter((attempt) => attempt.isTaken && !isLaterLie(attempt))).toEqual([]);
      expect(
        report.reached.filter((line) => addressOfCase(line.split(': ', 1)[0] ?? '') === address),
      ).toEqual([]);
    }
  });

  const NAMES: [title: string, pattern: RegExp, least: number][] = [
    [verifies('core.7-several', 'of which one address is public and another is not'), /\.mixed\.test$/, 100],
    [verifies('core.7-dns', 'that does not resolve'), /^unknown\.test$/, 3],
  ];
  it.each(NAMES)('a name %s is not taken', (_title, pattern, least) => {
    const tried = report.all.filter(({ name }) => pattern.test(name));
    expect(tried.length).toBeGreaterThanOrEqual(least);
    expect(tried.filter(({ isTaken }) => isTaken)).toEqual([]);
  });

  it(verifies('core.7-redirects', 'follows no redirect'), () => {
    expect(report.redirect.reached).toEqual(['93.184.216.34']);
    expect(report.redirect.status).toBe(307);
  });

  it('takes an address only where the contract does', () => {
    // Public ones after all; names that were public when they were taken; `localhost`, which only dispatching refuses.
    const isExpected = (line: string) =>
      /^(create|register): (localhost|LOCALHOST)$/.test(line) ||
      /^create: x[0-9a-f]+\.flip\.test$/.test(line) ||
      /[#?\\]+@?|@93\.184/.test(line);
    expect(report.accepted.filter((line) => !isExpected(line))).toEqual([]);
  });

  it('would have been heard: without the guard the same listeners hear the same addresses', () => {
    expect(report.control).toEqual([
      '127.0.0.1',
      '10.0.0.1',
      '169.254.169.254',
      '192.168.0.1',
      '100.64.0.1',
      '::1',
      'fd00::1',
      '64:ff9b::a00:1',
      '127.0.0.1',
    ]);
    expect(report.publicCalls).toBeGreaterThan(0);
  });
});
