// Tree lines: the org chart in reading order, with how deep each role stands.

import type { Role } from '../features/workspaces/model.ts';

export interface TreeLine {
  role: Role;
  depth: number;
}

export function treeLines(chart: ReadonlyMap<string | null, readonly Role[]>): TreeLine[] {
  const lines: TreeLine[] = [];
  const seen = new Set<string>();
  const stack: TreeLine[] = [...(chart.get(null) ?? [])].reverse().map((role) => ({ role, depth: 0 }));
  for (let line = stack.pop(); line; line = stack.pop()) {
    if (seen.has(line.role.id)) continue;
    seen.add(line.role.id);
    lines.push(line);
    const below = chart.get(line.role.id) ?? [];
    for (const role of [...below].reverse()) stack.push({ role, depth: line.depth + 1 });
  }
  return lines;
}
