// Tiers of containers: what an operator opens, and what nothing opens.

import { describe, expect, it } from 'vitest';
import { isolationText } from './isolation-text.ts';
import { limitsOf, NO_HOST_RIGHTS, TIER_SIZES } from './tiers.ts';

const SOCKET = '/run/engine.sock';
const EVERYTHING = {
  isPrivilegedAllowed: true,
  isHostPidAllowed: true,
  isHostNetworkAllowed: true,
  isHostSocketAllowed: true,
};
const all = [1, 2, 3, 4] as const;

describe('the limits of a tier', () => {
  it.each(all)('of %i hold nothing of the host by themselves', (tier) => {
    expect(limitsOf(tier, TIER_SIZES, NO_HOST_RIGHTS, SOCKET)).toMatchObject({
      Privileged: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      PidMode: '',
      Binds: [],
      ReadonlyRootfs: tier <= 2,
    });
  });

  it.each([1, 2] as const)('of %i hold nothing of the host whatever an operator allows', (tier) => {
    expect(limitsOf(tier, TIER_SIZES, EVERYTHING, SOCKET)).toEqual(
      limitsOf(tier, TIER_SIZES, NO_HOST_RIGHTS, SOCKET),
    );
  });

  it('of 3 and 4 are opened by name only', () => {
    const opened = (right: keyof typeof EVERYTHING, tier: 3 | 4) =>
      limitsOf(tier, TIER_SIZES, { ...NO_HOST_RIGHTS, [right]: true }, SOCKET);
    expect(opened('isPrivilegedAllowed', 3)).toMatchObject({ Privileged: true, PidMode: '', Binds: [] });
    expect(opened('isHostPidAllowed', 3)).toMatchObject({ Privileged: false, PidMode: 'host' });
    expect(opened('isHostSocketAllowed', 3)).toMatchObject({ Binds: [] });
    expect(opened('isHostSocketAllowed', 4)).toMatchObject({ Binds: [`${SOCKET}:/var/run/docker.sock`] });
  });
});

describe('what is said about isolation', () => {
  const facts = { MemoryLimit: true, PidsLimit: true, CpuCfsQuota: true, SecurityOptions: ['name=seccomp'] };

  it('claims a limit only where the engine keeps it', () => {
    const text = isolationText({ ...facts, MemoryLimit: false, SecurityOptions: [] }, NO_HOST_RIGHTS);
    const [kept = '', missing = ''] = text.split('NOT enforced');
    expect(kept).toContain('number of processes');
    expect(kept).not.toMatch(/memory|system calls/);
    expect(missing).toMatch(/memory.*system calls/);
  });

  it('names what an operator opened', () => {
    expect(isolationText(facts, NO_HOST_RIGHTS)).not.toContain('OPENED');
    expect(isolationText(facts, EVERYTHING)).toMatch(/OPENED.*privileged.*processes.*network.*engine/);
  });
});
