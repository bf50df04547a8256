// Judge chain: in which chain of delegations a message goes, written into the message for the agent that gets it.

import { chainDepth, type DelegationChain, isFault, isUuid, type WorkspaceState } from '@molecule/domain';
import { isObject, isSendMethod } from './envelope.ts';
import type { OpenChains } from './open-chains.ts';
import { type HopDeps, recordHop } from './record-hop.ts';
import type { RelayInput } from './relay-call.ts';

export interface ChainDeps extends HopDeps {
  chains: OpenChains;
}

/** The input with its chain. A refusal leaves a row on the target, as a failed hop does. Questions about tasks have none. */
export async function judgeChain(
  deps: ChainDeps,
  input: RelayInput,
  target: WorkspaceState,
): Promise<RelayInput> {
  if (!isSendMethod(input.envelope.method)) return input;
  const { sender, targetId } = input;
  const chain = input.chain ?? deps.chains.judge({ sender, targetId, claimedId: claimedIn(input) });
  if (!isFault(chain)) return stamp({ ...input, chain });
  const startedAt = deps.clock.now();
  await recordHop(deps, input, target, { status: 'error', errorDetail: chain.message, startedAt });
  throw chain;
}

function messageOf({ envelope }: RelayInput): Record<string, unknown> | null {
  const { params } = envelope.body;
  return isObject(params) && isObject(params.message) ? params.message : null;
}

function claimedIn(input: RelayInput): string | null {
  const metadata = messageOf(input)?.metadata;
  const id = isObject(metadata) ? metadata.chain_id : null;
  return typeof id === 'string' ? id.toLowerCase() : null;
}

/** What a workspace hands on says so; what a person says is handed on as it came. */
function stamp(input: RelayInput & { chain: DelegationChain }): RelayInput {
  const { envelope, chain } = input;
  const message = messageOf(input);
  if (!message || !isUuid(input.sender) || input.sender === input.targetId) return input;
  const metadata = {
    ...(isObject(message.metadata) ? message.metadata : {}),
    chain_id: chain.id,
    delegation_depth: chainDepth(chain),
  };
  const params = { ...(envelope.body.params as object), message: { ...message, metadata } };
  return { ...input, envelope: { ...envelope, body: { ...envelope.body, params }, untouched: null } };
}
