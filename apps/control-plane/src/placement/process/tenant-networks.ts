// Tenant networks: a network of its own for each tenant of this machine, where the platform runs as root on Linux. A tenant
// reaches what it started itself, the outside, and the platform's one door; no other tenant, and nothing else of this machine.
//
//   N1. The rules stand before the tenant is started, and are replaced in one step.
//   N2. A network is named by the tenant's user, of which there is one on this machine: making it again finds it.
//   N3. Only a wall that was tried with the real programs is claimed.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import type { Log } from '@molecule/kit';
import { FIRST_UID } from './users.ts';

const RUN_LIMIT_MS = 15_000;
const FORWARDING = '/proc/sys/net/ipv4/ip_forward';
/** Of each tenant four addresses: net, platform's end, tenant's end, broadcast. */
const NETS = [10, 213] as const;
const CABLES = 'mol';
const CABLE = /^mol\d+$/;
const FORWARD_RULES = [
  ['FORWARD', '-i', `${CABLES}+`, '-j', 'ACCEPT'],
  ['FORWARD', '-o', `${CABLES}+`, '-m', 'conntrack', '--ctstate', 'ESTABLISHED,RELATED', '-j', 'ACCEPT'],
];

export interface TenantNetwork {
  /** For `nsenter --net=`. */
  path: string;
  /** Where this machine reaches the tenant. */
  address: string;
  /** Where the tenant reaches the platform's door. */
  gateway: string;
}

export class TenantNetworks {
  readonly #programPath: string;
  readonly #log: Log;
  #canSeparate: Promise<boolean> | null = null;

  constructor(programPath: string, log: Log) {
    this.#programPath = programPath;
    this.#log = log;
  }

  /** N3. Asked once. */
  canSeparate(): Promise<boolean> {
    this.#canSeparate ??= process.getuid?.() === 0 ? this.#try() : Promise.resolve(false);
    return this.#canSeparate;
  }

  /** `door`: the port of the platform, on this machine or elsewhere. */
  async ensure(uid: number, door: number): Promise<TenantNetwork> {
    const network = networkOf(uid);
    const name = nameOf(uid);
    const cable = `${CABLES}${uid}`;
    if (!existsSync(network.path)) await this.#run('ip', ['netns', 'add', name]);
    if (!existsSync(`/sys/class/net/${cable}`)) {
      await this.#run('ip', ['link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name]);
    }
    // N1.
    await this.#run('nft', ['-f', '-'], rulesOf(cable, network, door));
    await this.#letForward();
    await this.#run('ip', ['addr', 'replace', `${network.gateway}/30`, 'dev', cable]);
    await this.#run('ip', ['link', 'set', cable, 'up']);
    await this.#run('ip', ['-n', name, 'addr', 'replace', `${network.address}/30`, 'dev', 'eth0']);
    for (const link of ['lo', 'eth0']) await this.#run('ip', ['-n', name, 'link', 'set', link, 'up']);
    await this.#run('ip', ['-n', name, 'route', 'replace', 'default', 'via', network.gateway]);
    // The door listens on loopback; the rule above leads there.
    await writeFile(`/proc/sys/net/ipv4/conf/${cable}/route_localnet`, '1');
    return network;
  }

  /** Where the network of this user's tenant is, while it is there. */
  pathOf(uid: number): string {
    return networkOf(uid).path;
  }

  /** After the tenant's last process ended. What is gone already is no error. */
  async remove(uid: number): Promise<void> {
    const cable = `${CABLES}${uid}`;
    if (existsSync(`/sys/class/net/${cable}`)) await this.#run('ip', ['link', 'del', cable]);
    if (!existsSync(networkOf(uid).path)) return;
    await this.#run('ip', ['netns', 'del', nameOf(uid)]);
    await this.#run('nft', ['-f', '-'], removalOf(cable));
    await this.#endForward();
  }

  /** A firewall that lets nothing through by default, such as that of a container engine, is asked to leave this to ours. */
  async #letForward(): Promise<void> {
    if ((await readFile(FORWARDING, 'utf8')).trim() !== '1') {
      this.#log.info({}, 'this machine now forwards packets, so that tenants reach the outside');
      await writeFile(FORWARDING, '1');
    }
    if (!(await this.#succeeds('iptables', ['--version']))) return;
    for (const rule of FORWARD_RULES) {
      if (!(await this.#succeeds('iptables', ['-w', '-C', ...rule])))
        await this.#run('iptables', ['-w', '-I', ...rule]);
    }
  }

  /** With the last tenant of this machine that firewall is as it was. Whether packets are forwarded may be others' by now. */
  async #endForward(): Promise<void> {
    const cables = (await readdir('/sys/class/net')).filter((name) => CABLE.test(name));
    if (cables.length > 0) return;
    for (const rule of FORWARD_RULES) await this.#succeeds('iptables', ['-w', '-D', ...rule]);
  }

  async #try(): Promise<boolean> {
    const name = `molecule-trial-${process.pid}`;
    const cable = `${CABLES}t${process.pid}`;
    try {
      await this.#run('ip', ['netns', 'add', name]);
      await this.#run('ip', ['link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name]);
      await this.#run('nft', ['-c', '-f', '-'], rulesOf(cable, networkOf(FIRST_UID), 1));
      const [file = '', ...args] = enterCommand({
        network: `/run/netns/${name}`,
        uid: FIRST_UID - 1,
        names: '',
      });
      await this.#run(file, [...args, 'true']);
      return true;
    } catch (error) {
      this.#log.warn({ err: error }, 'tenants get no networks of their own on this machine');
      return false;
    } finally {
      await this.#succeeds('ip', ['link', 'del', cable]);
      await this.#succeeds('ip', ['netns', 'del', name]);
    }
  }

  async #succeeds(file: string, args: readonly string[]): Promise<boolean> {
    try {
      await this.#run(file, args);
      return true;
    } catch {
      return false; // Asked in order to find out.
    }
  }

  #run(file: string, args: readonly string[], input?: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const options = { timeout: RUN_LIMIT_MS, env: { PATH: this.#programPath } };
      const child = execFile(file, args, options, (error) => (error ? reject(error) : resolve()));
      child.stdin?.on('error', () => undefined); // The program ended without reading; its status says why.
      child.stdin?.end(input ?? '');
    });
  }
}

/**
 * What stands in front of a program so that it runs as this user in this network, seeing no processes but its own. It
 * becomes that program: the pid stays. `names`: a file with name servers that can be reached from there, or ''.
 */
export function enterCommand(place: { network: string | null; uid: number; names: string }): string[] {
  const asUser = [
    'setpriv',
    `--reuid=${place.uid}`,
    `--regid=${place.uid}`,
    '--clear-groups',
    '--bounding-set=-all',
    '--inh-caps=-all',
    '--no-new-privs',
    '--',
  ];
  if (place.network === null) return asUser;
  const inside = ['nsenter', `--net=${place.network}`, '--', 'unshare', '--mount', '--ipc', '--'];
  return [...inside, 'sh', '-c', ENTER, 'sh', place.names, ...asUser];
}

const ENTER = `mount -t proc -o hidepid=2 proc /proc &&
mount -t tmpfs -o mode=1777,size=256m tmpfs /dev/shm &&
{ [ -z "$1" ] || mount --bind "$1" /etc/resolv.conf; } && shift && exec "$@"`;

function nameOf(uid: number): string {
  return `molecule-${uid}`;
}

function networkOf(uid: number): TenantNetwork {
  const first = (uid - FIRST_UID) * 4;
  const at = (n: number) => [...NETS, (first + n) >> 8, (first + n) & 255].join('.');
  return { path: `/run/netns/${nameOf(uid)}`, gateway: at(1), address: at(2) };
}

/** Only numbers and names of ours go in. */
function rulesOf(cable: string, { address, gateway }: TenantNetwork, door: number): string {
  return `${removalOf(cable)}
table ip molecule_${cable} {
  chain input { type filter hook input priority -5; policy accept;
    iifname "${cable}" ip saddr != ${address} drop
    iifname "${cable}" ct state established,related accept
    iifname "${cable}" tcp dport ${door} accept
    iifname "${cable}" reject
  }
  chain forward { type filter hook forward priority -5; policy accept;
    iifname "${cable}" ip saddr != ${address} drop
    iifname "${cable}" oifname "${CABLES}*" reject
    iifname "${cable}" ip daddr { 127.0.0.0/8, 169.254.0.0/16 } reject
    oifname "${cable}" ct state established,related accept
    oifname "${cable}" drop
  }
  chain prerouting { type nat hook prerouting priority -100; policy accept;
    iifname "${cable}" ip daddr ${gateway} tcp dport ${door} dnat to 127.0.0.1:${door}
  }
  chain postrouting { type nat hook postrouting priority 100; policy accept;
    ip saddr ${address} oifname != "${CABLES}*" masquerade
  }
}
`;
}

function removalOf(cable: string): string {
  return `table ip molecule_${cable}\ndelete table ip molecule_${cable}\n`;
}
