// Escape checks: what root inside a container gets hold of that its tier does not give. Each finding is a sentence; a
// container that keeps what its tier promises has none.

import { execFileSync, spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import type { Tier } from '@molecule/domain';
import { TIERS } from '../tiers.ts';

export interface Target {
  name: string;
  host: string;
  port: number;
}

/** What the script below tells, as root inside. */
interface Seen {
  capabilities: string;
  noNewPrivileges: boolean;
  isFiltered: boolean;
  pidNamespace: string;
  netNamespace: string;
  isMountable: boolean;
  openable: string[];
  blockDevices: string[];
  isRootWritable: boolean;
  hasWorkspace: boolean;
  reached: string[];
}

/** By bit, as the kernel counts them. */
const CAPABILITIES = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE ' +
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ');

/** Opened for writing and closed again: nothing is written, and what is not there is not made. */
const HOST_KNOBS = [
  '/proc/sys/kernel/core_pattern',
  '/proc/sys/kernel/hostname',
  '/proc/sys/vm/panic_on_oom',
  '/proc/sysrq-trigger',
  '/proc/kcore',
  '/sys/kernel/uevent_helper',
  '/sys/fs/cgroup/memory/release_agent',
  '/sys/fs/cgroup/devices/devices.allow',
  '/sys/fs/cgroup/cgroup.procs',
];

const SCRIPT = `
const fs = require('node:fs'), net = require('node:net'), { spawnSync } = require('node:child_process');
const { knobs, targets } = JSON.parse(process.argv[1]);
const status = Object.fromEntries(fs.readFileSync('/proc/self/status', 'utf8').split('\\n').map((l) => l.split(/:\\s+/)));
const can = (path, flags) => { try { fs.closeSync(fs.openSync(path, flags)); return true; } catch { return false; } };
const isThere = (path) => fs.existsSync(path);
const mounted = spawnSync('mount', ['-t', 'tmpfs', 'none', '/tmp']).status === 0;
if (mounted) spawnSync('umount', ['/tmp']);
const devices = fs.readdirSync('/dev').map((name) => '/dev/' + name).filter((p) => fs.lstatSync(p).isBlockDevice());
spawnSync('mknod', ['/tmp/disk', 'b', '254', '0']);
const reach = ({ host, port }) => new Promise((done) => {
  const socket = net.connect({ host, port });
  const end = (isOk) => { socket.destroy(); done(isOk); };
  socket.setTimeout(1500, () => end(false)).once('error', () => end(false)).once('connect', () => end(true));
});
(async () => {
  const reached = [];
  for (const target of targets) if (await reach(target)) reached.push(target.name);
  const isRootWritable = can('/usr/planted', 'w');
  if (isRootWritable) fs.rmSync('/usr/planted');
  console.log(JSON.stringify({
    capabilities: status.CapBnd, noNewPrivileges: status.NoNewPrivs === '1', isFiltered: status.Seccomp === '2',
    pidNamespace: fs.readlinkSync('/proc/self/ns/pid'), netNamespace: fs.readlinkSync('/proc/self/ns/net'),
    isMountable: mounted, openable: knobs.filter((path) => can(path, fs.constants.O_WRONLY)),
    blockDevices: [...devices, '/tmp/disk'].filter((path) => can(path, 'r')),
    isRootWritable, hasWorkspace: isThere('/workspace'),
    reached: [...reached, ...(isThere('/var/run/docker.sock') ? ['the engine socket'] : [])],
  }));
})();`;

export async function findEscapes(
  container: string,
  tier: Tier,
  targets: readonly Target[],
): Promise<string[]> {
  const facts = JSON.stringify({ knobs: HOST_KNOBS, targets });
  const text = execFileSync('docker', ['exec', '-u', '0:0', container, 'node', '-e', SCRIPT, facts], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return judge(JSON.parse(text) as Seen, tier);
}

function judge(seen: Seen, tier: Tier): string[] {
  const rules = TIERS[tier];
  const extra = capabilitiesIn(seen.capabilities).filter((name) => !rules.capabilities.includes(name));
  return [
    ...extra.map((name) => `has the capability ${name}`),
    ...(seen.noNewPrivileges ? [] : ['may gain privileges']),
    ...(seen.isFiltered ? [] : ['makes any system call']),
    ...(seen.pidNamespace === ofHost('pid') ? ['is among the processes of the host'] : []),
    ...(seen.netNamespace === ofHost('net') ? ['is on the network of the host'] : []),
    ...(seen.isMountable ? ['mounts file systems'] : []),
    ...seen.openable.map((path) => `writes ${path}`),
    ...seen.blockDevices.map((path) => `reads the device ${path}`),
    ...(seen.isRootWritable && rules.isRootReadOnly ? ['writes its root file system'] : []),
    ...(seen.hasWorkspace && !rules.hasWorkspace ? ['has a /workspace'] : []),
    ...seen.reached.map((name) => `reaches ${name}`),
  ];
}

/** How an attempt ended that is made as root inside. */
export function tryInside(container: string, script: string): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(
    'docker',
    ['exec', '-u', '0:0', container, 'node', '-e', script],
    { encoding: 'utf8', timeout: 60_000 },
  );
  return { status, output: `${stdout}${stderr}` };
}

function capabilitiesIn(mask: string): string[] {
  const bits = BigInt(`0x${mask}`);
  return CAPABILITIES.filter((_, bit) => (bits >> BigInt(bit)) % 2n === 1n);
}

function ofHost(kind: 'pid' | 'net'): string {
  return readlinkSync(`/proc/self/ns/${kind}`);
}
