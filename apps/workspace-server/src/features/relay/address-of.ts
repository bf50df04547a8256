// Address of: where an agent may be called now. Addresses that our provisioner set are trusted; what an agent reported
// is judged at every dispatch.

import { faults, type WorkspaceState } from '@molecule/domain';
import { checkDispatchUrl, type GuardOptions } from './address-guard.ts';

const UP: readonly string[] = ['online', 'degraded', 'provisioning'];

export function addressOf(target: WorkspaceState, guard: GuardOptions): string {
  if (!UP.includes(target.status) || target.url === '') {
    throw faults.workspaceUnavailable('workspace has no URL', { status: target.status });
  }
  if (!target.isUrlOurs) checkDispatchUrl(target.url, guard);
  return target.url;
}
