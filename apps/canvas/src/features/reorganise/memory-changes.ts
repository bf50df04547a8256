// Memory changes: the server's preview of one or more moves, role by role, in words. Pure.

import type { memories } from '@molecule/contracts';
import { say } from '../../languages/say.ts';

export interface MemoryChange {
  /** The role that gains or loses. */
  id: string;
  name: string;
  /** Each memory once: whoever may write may read. */
  what: string[];
}

export function memoryChanges(previews: readonly Pick<memories.MovePreview, 'memory'>[]): {
  gained: MemoryChange[];
  lost: MemoryChange[];
} {
  return {
    gained: byRole(previews.flatMap(({ memory }) => memory.gained)),
    lost: byRole(previews.flatMap(({ memory }) => memory.lost)),
  };
}

function byRole(changes: readonly memories.AccessChange[]): MemoryChange[] {
  const roles = new Map<
    string,
    { name: string; accesses: Map<string, { label: string; access: Set<string> }> }
  >();
  for (const { workspace, namespace, access, ...rest } of changes) {
    const role = roles.get(workspace.id) ?? { name: workspace.name, accesses: new Map() };
    const known = role.accesses.get(namespace) ?? { label: nameOf(rest), access: new Set<string>() };
    known.access.add(access);
    role.accesses.set(namespace, known);
    roles.set(workspace.id, role);
  }
  return [...roles].map(([id, { name, accesses }]) => ({
    id,
    name,
    what: [...accesses.values()].map(({ label, access }) =>
      say('reorganise.access', { access: kindOf(access), memory: label }),
    ),
  }));
}

function kindOf(access: ReadonlySet<string>): 'read' | 'write' | 'both' {
  if (!access.has('read')) return 'write';
  return access.has('write') ? 'both' : 'read';
}

function nameOf({ kind, label }: Pick<memories.AccessChange, 'kind' | 'label'>): string {
  if (kind === 'team') return say('reorganise.theTeamMemoryOf', { label });
  if (kind === 'org') return say('reorganise.whatIsSharedBelow', { label });
  return say('reorganise.theMemoryOfLabel', { label });
}
