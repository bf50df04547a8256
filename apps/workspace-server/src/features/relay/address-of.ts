// Address of: where an agent may be called now. Addresses that our provisioner set are trusted; what an agent reported
// is judged at every dispatch.

import { faults, type WorkspaceState } from '@molecule/domain';
import { checkDispatchUrl, type GuardOptions } from './address-guard.ts';

const UP: readonly string[] = ['online', 'degraded', 'provisioning'];

const HINTS: Partial<Record<WorkspaceState['status'], string>> = {
  paused: 'this workspace is paused; resume it first',
  failed: 'this workspace failed to start; its status_detail says why, a restart tries again',
  awaiting_agent: 'this workspace waits for its agent to register',
};

export function addressOf(target: WorkspaceState, guard: GuardOptions): string {
  if (!UP.includes(target.status) || target.url === '') {
    throw faults.workspaceUnavailable('workspace has no URL', {
      status: target.status,
      ...(HINTS[target.status] === undefined ? {} : { hint: HINTS[target.status] }),
    });
  }
  if (!target.isUrlOurs) checkDispatchUrl(target.url, guard);
  return target.url;
}
