// Find peer: the workspace that a delegation names, by id or, because models do that, by its name.

import { registry } from '@molecule/contracts';
import { parseWorkspaceId } from '@molecule/domain';
import type { Platform } from '../../connect/platform.ts';

export interface FoundPeer {
  id: string;
  name: string;
}

/** A sentence when there is no such peer, or more than one. */
export async function findPeer(
  platform: Platform,
  target: string,
  signal: AbortSignal,
): Promise<FoundPeer | string> {
  const wanted = target.trim();
  if (wanted.toLowerCase() === platform.workspaceId.toLowerCase()) {
    return 'a workspace can not delegate to itself; do the task yourself or choose a peer';
  }
  const peers = await platform.call(registry.listPeers, { params: { id: platform.workspaceId }, signal });
  const id = parseWorkspaceId(wanted);
  if (id !== null) {
    const name = peers.find((peer) => peer.id.toLowerCase() === id)?.name;
    // Ancestors and deeper descendants are no peers in the list, and may be talked to all the same.
    return { id, name: name ?? id.slice(0, 8) };
  }
  const named = peers.filter((peer) => peer.name.toLowerCase() === wanted.toLowerCase());
  if (named.length === 1) return { id: named[0]!.id, name: named[0]!.name };
  if (named.length > 1) return `several peers are called "${wanted}"; use the id of one of them`;
  return `there is no peer "${wanted}"; call list_peers and use an id from there`;
}
