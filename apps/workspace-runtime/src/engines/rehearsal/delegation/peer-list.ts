// Peer list: reads what list_peers answers, and finds in it the peers that a script names.

export interface Peer {
  name: string;
  id: string;
  status: string;
  role: string;
}

const ENTRY = /^- (.+) \(ID: ([^\s,]{1,100}), status: ([a-z_]{1,40}), role: ([\s\S]*)\)\s*$/;

export function parsePeerList(listing: string): Peer[] {
  return listing.split(/\n(?=- )/).flatMap((entry) => {
    const match = ENTRY.exec(entry.trim());
    return match ? [{ name: match[1]!, id: match[2]!, status: match[3]!, role: match[4]!.trim() }] : [];
  });
}

/** By name first, whatever the case; else by a part of the role, because people rename. */
export function findPeer(peers: readonly Peer[], target: { to: string; role?: string }): Peer | null {
  const named = peers.find((peer) => peer.name.toLowerCase() === target.to.toLowerCase());
  if (named) return named;
  const wanted = target.role?.toLowerCase();
  return (wanted && peers.find((peer) => peer.role.toLowerCase().includes(wanted))) || null;
}

/** Asked now, it would answer that it is not there yet. */
export function isStarting(peer: Peer): boolean {
  return peer.status === 'provisioning' || peer.status === 'awaiting_agent';
}
