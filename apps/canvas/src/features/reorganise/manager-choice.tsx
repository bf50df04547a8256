// Manager choice: whom a role reports to, out of the chart.

import { useMemo } from 'react';
import { treeLines } from '../../board/tree-lines.ts';
import { say } from '../../languages/say.ts';
import { useCanvas } from '../../store/canvas-context.ts';
import { teamsOf } from '../teams/model.ts';

const TOP = '';
const INDENT = '\u2003';

interface ManagerChoiceProps {
  managerId: string | null;
  onChoose: (managerId: string | null) => void;
  className?: string;
}

export function ManagerChoice({ managerId, onChoose, className = '' }: ManagerChoiceProps) {
  const roles = useCanvas((canvas) => canvas.roles);
  const lines = useMemo(() => treeLines(teamsOf(roles).whole), [roles]);
  return (
    <label className={`block ${className}`}>
      <span className="mb-1 block text-note text-ink-soft">{say('reorganise.reportsTo')}</span>
      <select
        value={managerId ?? TOP}
        onChange={({ target }) => onChoose(target.value === TOP ? null : target.value)}
        className="h-9 w-full rounded-s border border-line-strong bg-surface px-2"
      >
        <option value={TOP}>{say('reorganise.nobodyTheTopOf')}</option>
        {lines.map(({ role, depth }) => (
          <option key={role.id} value={role.id}>
            {INDENT.repeat(depth)}
            {role.name}
          </option>
        ))}
      </select>
    </label>
  );
}
