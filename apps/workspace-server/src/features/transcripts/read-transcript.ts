// Read transcript: asks an agent for its session, with the agent's own credential or with none.

import { faults, isFault, type WorkspaceState } from '@molecule/domain';
import type { Caller } from '@molecule/http';
import { checkDispatchUrl, type GuardOptions } from '../relay/index.ts';
import { requireWorkspace, type WorkspaceDirectory } from '../workspaces/index.ts';
import type { AgentAddress, AgentPage, AgentReader } from './agent-reader.ts';

export interface TranscriptDeps {
  directory: WorkspaceDirectory;
  guard: GuardOptions;
  reader: Pick<AgentReader, 'get'>;
  /** The token that the unit of a workspace of ours was started with; null when it cannot be had. */
  unitToken(workspace: WorkspaceState): Promise<string | null>;
}

export interface TranscriptCall {
  caller: Caller;
  /** The `Authorization` header as it was sent. */
  authorization: string | undefined;
  since: string | undefined;
  limit: string | undefined;
}

export async function readTranscript(
  deps: TranscriptDeps,
  id: string,
  call: TranscriptCall,
): Promise<AgentPage> {
  const workspace = requireWorkspace(deps.directory, id);
  const address = addressOfTranscript(workspace, deps.guard);
  for (const name of ['since', 'limit'] as const) {
    const value = call[name];
    if (value !== undefined) address.url.searchParams.set(name, value);
  }
  return deps.reader.get(address, await credentialFor(deps, workspace, address, call));
}

/** An agent is shown its own token only: what an administrator or a person presents stays here. */
async function credentialFor(
  deps: TranscriptDeps,
  workspace: WorkspaceState,
  address: AgentAddress,
  call: TranscriptCall,
): Promise<string | null> {
  if (call.caller.kind === 'workspace' && call.caller.workspaceId === workspace.id) {
    return call.authorization ?? null;
  }
  const token = address.isOurs ? await deps.unitToken(workspace) : null;
  return token === null ? null : `Bearer ${token}`;
}

/** The row's address, then, of agents that bring their own, the card's. */
function addressOfTranscript(workspace: WorkspaceState, guard: GuardOptions): AgentAddress {
  const isHosted = workspace.backend !== 'external' && workspace.backend !== 'none';
  const text = workspace.url || (isHosted ? '' : urlOfCard(workspace.agentCard));
  if (text === '') throw faults.workspaceUnavailable('workspace not registered (no URL on file)');
  const base = URL.canParse(text) ? new URL(text) : null;
  if (!base || !['http:', 'https:'].includes(base.protocol)) {
    throw faults.invalidRequest('invalid workspace URL');
  }
  const isOurs = workspace.isUrlOurs && workspace.url !== '';
  if (!isOurs) refuseBlocked(base, guard);
  const url = new URL('/transcript', base);
  url.username = '';
  url.password = '';
  return { url, isOurs };
}

function refuseBlocked(url: URL, guard: GuardOptions): void {
  try {
    checkDispatchUrl(url.href, guard);
  } catch (error) {
    if (!isFault(error)) throw error;
    throw faults.invalidRequest('workspace URL not allowed');
  }
}

function urlOfCard(card: unknown): string {
  const url = typeof card === 'object' && card !== null ? (card as { url?: unknown }).url : undefined;
  return typeof url === 'string' ? url.trim() : '';
}
