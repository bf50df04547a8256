// Admission: whether this machine has room for one more agent, so that agents never starve the server or the canvas. What
// does not fit waits in `provisioning`, with the reason on its row.
//
//   A1. Agents that run and agents that come up are counted together; an agent that comes up has not taken its memory yet,
//       so a share is set aside for each.
//   A2. Few agents come up at once: that is when they want the processors.

export interface Room {
  /** How many agents may run on this machine. */
  maxAgents: number;
  /** How many may come up at once. */
  maxComing: number;
  /** What stays free for the server and everything else, in MiB. */
  reserveMib: number;
  /** What is set aside for an agent that comes up, in MiB. */
  agentMib: number;
}

export interface Census {
  /** Agents that run, with those that come up. */
  agents: number;
  coming: number;
  /** Memory of this machine that can be had, in MiB. */
  availableMib: number;
}

export const WAITING = 'waiting_for_capacity';

/** Null: there is room. Otherwise a sentence for people that says what it waits for. */
export function findNoRoom(room: Room, { agents, coming, availableMib }: Census): string | null {
  if (agents >= room.maxAgents) {
    return `waits for room: ${agents} agents run here, and AGENTS_MAX allows ${room.maxAgents}; pause or hibernate one`;
  }
  const left = Math.floor(availableMib - coming * room.agentMib - room.reserveMib);
  if (left < room.agentMib) {
    return `waits for memory: an agent needs ${room.agentMib} MiB beside the ${room.reserveMib} MiB that AGENTS_MEMORY_RESERVE_MB keeps free; pause or hibernate another`;
  }
  if (coming >= room.maxComing) return `waits for its turn: ${coming} agents come up at this moment`;
  return null;
}
