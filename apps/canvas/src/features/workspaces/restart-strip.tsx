// Restart strip: what was saved counts from the next start; offers that start.

import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import type { Role } from './model.ts';
import { restartRole } from './role-actions.ts';

export function RestartStrip({ role, onDone }: { role: Role; onDone: () => void }) {
  const tools = useTools();
  const [isBusy, setBusy] = useState(false);
  const restart = async () => {
    setBusy(true);
    const isRestarting = await restartRole(tools, role.id);
    setBusy(false);
    if (isRestarting) onDone();
  };
  return (
    <div role="status" className="flex items-center gap-3 border-b border-line bg-warn-soft px-5 py-2">
      <p className="m-0 min-w-0 flex-1">{say('workspaces.savedTheAgentReads')}</p>
      <Button icon="restart" isBusy={isBusy} onClick={() => void restart()}>
        {say('workspaces.restartNow')}
      </Button>
    </div>
  );
}
