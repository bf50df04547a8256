// Report bootstrap failed: a watcher outside saw the start of a workspace fail, so nobody waits for its deadline.

import { faults, LIMITS, parseWorkspaceId } from '@molecule/domain';
import { type EditDeps, transitionWorkspace } from './edit-workspace.ts';

export interface BootstrapReport {
  error?: string | null;
  log_tail?: string | null;
}

/** Whether the workspace changed: it does only while it is `provisioning`. Its unit, if any, is stopped by the sweep. */
export async function reportBootstrapFailed(
  deps: EditDeps,
  actor: string,
  pathId: string,
  report: BootstrapReport,
): Promise<boolean> {
  if (pathId === '') throw faults.invalidRequest('workspace id required');
  const id = parseWorkspaceId(pathId);
  if (!id) throw faults.invalidWorkspaceId();
  const error = (report.error?.trim() || 'bootstrap failed').slice(0, LIMITS.bootErrorChars);
  const moved = await transitionWorkspace(deps, {
    id,
    trigger: 'provision_failed',
    actor,
    payload: () => ({ error, log_tail: tailOf(report.log_tail ?? ''), source: 'bootstrap_watcher' }),
    patch: { statusReason: 'bootstrap_failed', statusDetail: error, url: '', isUrlOurs: false },
  });
  return moved !== null;
}

/** The last bytes of a log, cut between characters. */
export function tailOf(log: string): string {
  const bytes = Buffer.from(log);
  if (bytes.length <= LIMITS.bootLogTailBytes) return log;
  let start = bytes.length - LIMITS.bootLogTailBytes;
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return `...(truncated)...\n${bytes.subarray(start).toString()}`;
}
