// Mini role: a role on the overview map. Coloured only when it works or needs a look.

import type { MiniMapNodeProps } from '@xyflow/react';
import type { Role } from '../features/workspaces/model.ts';
import { STATUS_LOOKS } from '../features/workspaces/status-look.ts';
import { useCanvas } from '../store/canvas-context.ts';

export function MiniRole({ id, x, y, width, height }: MiniMapNodeProps) {
  const fill = useCanvas((canvas) => fillOf(canvas.roles[id]));
  return <rect x={x} y={y} width={width} height={height} rx={16} style={{ fill }} />;
}

function fillOf(role: Role | undefined): string {
  if (!role) return 'var(--c-line)';
  if (role.activeTasks > 0) return 'var(--c-motion)';
  const { tone } = STATUS_LOOKS[role.status];
  if (tone === 'well') return 'var(--c-line-strong)';
  return tone === 'rest' ? 'var(--c-line)' : `var(--c-${tone})`;
}
