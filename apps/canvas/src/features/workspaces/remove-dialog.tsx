// Remove dialog: names everything that goes, before it goes.

import { useState } from 'react';
import { RichWords } from '../../languages/rich-words.tsx';
import { say } from '../../languages/say.ts';
import { listWords } from '../../languages/value-words.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { descendantNames } from './descendant-names.ts';
import type { Role } from './model.ts';
import { removeRole } from './role-actions.ts';

const NAMED = 6;

export function RemoveDialog({
  role,
  isOpen,
  onClose,
}: {
  role: Role;
  isOpen: boolean;
  onClose: () => void;
}) {
  const tools = useTools();
  const roles = useCanvas((canvas) => canvas.roles);
  const [isBusy, setBusy] = useState(false);
  const below = isOpen ? descendantNames(roles, role.id) : [];
  const remove = async () => {
    setBusy(true);
    const isRemoved = await removeRole(tools, role.id);
    setBusy(false);
    if (!isRemoved) return;
    onClose();
    tools.store.setState({ panel: { kind: 'closed' } });
  };
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title={say('workspaces.removeRole', { role: role.name })}
      description={say('workspaces.itsAgentStopsAnd')}
    >
      {below.length > 0 ? (
        <p className="mt-3 mb-0 rounded-m bg-fail-soft px-3 py-2.5">
          <RichWords
            of={below.length > NAMED ? 'workspaces.goTooMore' : 'workspaces.goToo'}
            values={{
              count: below.length,
              names: listWords(below.slice(0, NAMED)),
              more: below.length - NAMED,
            }}
            tags={{ b: (words) => <strong>{words}</strong> }}
          />
        </p>
      ) : null}
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={onClose}>{say('workspaces.keepIt')}</Button>
        <Button look="danger" icon="trash" isBusy={isBusy} onClick={() => void remove()}>
          {below.length > 0
            ? say('workspaces.removeRoles', { count: below.length + 1 })
            : say('workspaces.remove')}
        </Button>
      </div>
    </Dialog>
  );
}
