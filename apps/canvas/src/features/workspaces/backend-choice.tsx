// Backend choice: where a role runs, and the field that moves it with everything that it keeps.

import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import type { Role } from './model.ts';
import { moveRole } from './role-actions.ts';

/** What this server does not have it refuses, and says why. */
const MOVABLE = ['process', 'docker', 'cloud'];

export function BackendChoice({ role }: { role: Role }) {
  const tools = useTools();
  const [isBusy, setBusy] = useState(false);
  if (!MOVABLE.includes(role.backend)) return <>{role.backend || say('workspaces.none')}</>;
  const move = async (backend: string) => {
    setBusy(true);
    try {
      await moveRole(tools, role.id, backend);
    } finally {
      setBusy(false);
    }
  };
  return (
    <select
      aria-label={say('workspaces.whereRoleRuns', { role: role.name })}
      className="rounded-m border border-line bg-sunken px-2 py-1"
      value={role.backend}
      disabled={isBusy}
      onChange={(event) => void move(event.target.value)}
    >
      {MOVABLE.map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}
