// Descendant names: everybody below a role, nearest first.

import { childrenByParent, type Roles } from './model.ts';

export function descendantNames(roles: Roles, id: string): string[] {
  const chart = childrenByParent(roles);
  const names: string[] = [];
  const seen = new Set([id]);
  let level = chart.get(id) ?? [];
  while (level.length > 0) {
    const fresh = level.filter((role) => !seen.has(role.id) && seen.add(role.id));
    names.push(...fresh.map((role) => role.name));
    level = fresh.flatMap((role) => chart.get(role.id) ?? []);
  }
  return names;
}
