// Record hop: the durable row that every message leaves on its target, however it went.

import { isUuid, type WorkspaceState } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import { type ActivityDraft, JsonText, type RecordDeps, recordActivity } from '../activity/index.ts';
import type { VitalSigns } from '../workspaces/index.ts';
import type { RelayInput } from './relay-call.ts';

export interface HopDeps extends RecordDeps {
  vitals: VitalSigns;
  clock: Clock;
}

/** When a workspace last called somebody. */
export function noteOutbound(deps: Pick<HopDeps, 'vitals' | 'clock'>, sender: string | null): void {
  if (isUuid(sender)) deps.vitals.note(sender, { lastOutboundAt: deps.clock.now() });
}

export async function recordHop(
  deps: HopDeps,
  input: Pick<RelayInput, 'sender' | 'envelope' | 'chain'>,
  target: WorkspaceState,
  end: Pick<ActivityDraft, 'status' | 'errorDetail' | 'responseBody' | 'toolTrace' | 'messageKey'> & {
    startedAt: number;
  },
): Promise<void> {
  const { method, body, untouched } = input.envelope;
  const isError = end.status === 'error';
  noteOutbound(deps, input.sender);
  await recordActivity(deps, {
    workspaceId: target.id,
    type: 'a2a_receive',
    sourceId: input.sender,
    targetId: target.id,
    method,
    summary:
      isError && end.errorDetail
        ? `A2A request to ${target.name} failed: ${end.errorDetail}`.slice(0, 512)
        : `${method} → ${target.name}`,
    requestBody: untouched ? new JsonText(untouched.toString('utf8')) : body,
    responseBody: end.responseBody,
    toolTrace: end.toolTrace,
    durationMs: Math.round(deps.clock.now() - end.startedAt),
    status: end.status ?? 'ok',
    chainId: input.chain?.id ?? null,
    errorDetail: end.errorDetail ?? null,
    messageKey: end.messageKey ?? null,
  });
}
