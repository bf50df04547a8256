// Explain access: why one workspace may or may not talk to another, and who could relay. People are told everything; a
// workspace is told of those that it may talk to, and of others the same as of workspaces that do not exist.

import type { registry } from '@molecule/contracts';
import { type CommunicationReason, explainCommunication, judgeCommunication } from '@molecule/domain';
import type { WorkspaceDirectory } from '../workspaces/index.ts';

export interface ExplainDeps {
  directory: WorkspaceDirectory;
}

export function explainAccess(
  { directory }: ExplainDeps,
  input: { from: string; to: string; maySeeAll: boolean },
): registry.AccessExplained {
  const [from, to] = [input.from.toLowerCase(), input.to.toLowerCase()];
  const isHidden = !input.maySeeAll && !judgeCommunication(directory, from, to).allowed;
  const reason: CommunicationReason = isHidden
    ? { allowed: false, rule: 'unknown_target', sentence: HIDDEN, relay: null }
    : explainCommunication(
        { parentOf: (id) => directory.parentOf(id), nameOf: (id) => directory.get(id)?.name },
        from,
        to,
      );
  const relay = reason.relay === null ? null : directory.get(reason.relay);
  return { ...reason, relay: relay === null ? null : { id: relay.id, name: relay.name } };
}

const HIDDEN = 'There is no such pair of workspaces that may talk.';
