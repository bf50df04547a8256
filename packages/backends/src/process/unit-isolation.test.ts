// Unit isolation: what is claimed of one process unit follows from what was really put around it.

import { describe, expect, it } from 'vitest';
import { limitsOf as containerLimits, NO_HOST_RIGHTS } from '../docker/tiers.ts';
import { isolationOf as isolationOfContainer } from '../docker/unit-isolation.ts';
import { TIER_SIZES } from '../tier-sizes.ts';
import { isolationOf, type UnitFacts } from './unit-isolation.ts';
import { limitsOf } from './unit-limits.ts';

const facts: UnitFacts = {
  tier: 2,
  uid: 30_001,
  whyNoUser: '',
  kept: new Set(['memory', 'cpu', 'pids']),
  limits: limitsOf(2, TIER_SIZES),
};
const nothing = () => false;
const everything = () => true;
const statesOf = (isolation: ReturnType<typeof isolationOf>) =>
  Object.fromEntries(isolation.aspects.map(({ aspect, state }) => [aspect, state]));

describe('what is claimed of a process', () => {
  it('is its user and its control groups where it has them, and never its root folder, disk, network or port', () => {
    const isolation = isolationOf(facts, everything);
    expect(isolation).toMatchObject({ kind: 'own_user', backend: 'process', tier: 2 });
    expect(statesOf(isolation)).toEqual({
      files: 'enforced',
      processes: 'enforced',
      rights: 'enforced',
      root_folder: 'not_enforced',
      memory: 'enforced',
      cpu: 'enforced',
      pids: 'enforced',
      disk: 'not_enforced',
      network: 'not_enforced',
      agent_port: 'not_enforced',
    });
  });

  it('is a watch and no more where the server may make no control group', () => {
    const states = statesOf(isolationOf({ ...facts, kept: new Set() }, everything));
    expect(states).toMatchObject({ memory: 'watched', cpu: 'not_enforced', pids: 'enforced' });
    expect(statesOf(isolationOf({ ...facts, kept: new Set() }, nothing)).pids).toBe('watched');
  });

  it('is no wall of users where it runs as the user of the server, with the reason', () => {
    const isolation = isolationOf(
      { ...facts, uid: null, whyNoUser: 'this server does not run as root', kept: new Set() },
      everything,
    );
    expect(isolation.kind).toBe('server_user');
    expect(statesOf(isolation)).toMatchObject({
      files: 'not_enforced',
      processes: 'not_enforced',
      rights: 'not_enforced',
      pids: 'watched',
    });
    expect(isolation.aspects[0]?.text).toContain('this server does not run as root');
  });
});

describe('what is claimed of a container', () => {
  const keeps = { MemoryLimit: true, PidsLimit: true, CpuCfsQuota: true };
  const made = (tier: 1 | 2 | 3 | 4, rights = NO_HOST_RIGHTS) => ({
    ...containerLimits(tier, TIER_SIZES, rights, '/var/run/docker.sock'),
    NetworkMode: 'net-of-a-tenant',
  });

  it('follows what it was made with', () => {
    expect(statesOf(isolationOfContainer(1, made(1), '1000:1000', keeps))).toMatchObject({
      files: 'enforced',
      rights: 'enforced',
      root_folder: 'enforced',
      memory: 'enforced',
      pids: 'enforced',
      network: 'enforced',
      disk: 'not_enforced',
    });
    expect(statesOf(isolationOfContainer(3, made(3), '0:0', keeps)).root_folder).toBe('not_enforced');
  });

  it('is less where the kernel keeps no limit, or the operator opened the machine', () => {
    expect(
      statesOf(isolationOfContainer(2, made(2), '1000:1000', { ...keeps, MemoryLimit: false })).memory,
    ).toBe('not_enforced');
    const opened = made(4, { ...NO_HOST_RIGHTS, isPrivilegedAllowed: true, isHostPidAllowed: true });
    expect(statesOf(isolationOfContainer(4, { ...opened, NetworkMode: 'host' }, '0:0', keeps))).toMatchObject(
      {
        files: 'not_enforced',
        processes: 'not_enforced',
        rights: 'not_enforced',
        network: 'not_enforced',
      },
    );
  });
});
