// Send quietly: a message of the server's own to a workspace that is up. It is neither queued nor logged as activity.

import { TIMEOUTS_MS } from '@molecule/domain';
import { type JudgeDeps, judgeTarget } from './judge-call.ts';
import type { RelayDeps } from './relay-message.ts';

export type QuietDeps = JudgeDeps & Pick<RelayDeps, 'connections' | 'addressOf'>;

/** `sender` is a system caller id, such as `system:restart-context`. Resolves when the agent has answered, whatever it says. */
export async function sendQuietly(
  deps: QuietDeps,
  sender: string,
  targetId: string,
  message: Record<string, unknown>,
): Promise<void> {
  const target = judgeTarget(deps, sender, targetId);
  await deps.connections.send({
    workspaceId: target.id,
    url: deps.addressOf(target),
    isUrlOurs: target.isUrlOurs,
    body: JSON.stringify(message),
    headers: { 'x-workspace-id': sender },
    deadlineMs: null,
    ceilingMs: TIMEOUTS_MS.a2aCeiling,
  });
}
