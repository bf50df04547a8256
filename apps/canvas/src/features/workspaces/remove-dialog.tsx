// Remove dialog: names everything that goes, before it goes.

import { useState } from 'react';
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
      title={`Remove ${role.name}?`}
      description="Its agent stops and its tokens end. What it did stays in the activity. This can't be undone here."
    >
      {below.length > 0 ? (
        <p className="mt-3 mb-0 rounded-m bg-fail-soft px-3 py-2.5">
          <strong>
            {below.length} {below.length === 1 ? 'role below it goes' : 'roles below it go'} too:
          </strong>{' '}
          {below.slice(0, NAMED).join(', ')}
          {below.length > NAMED ? ` and ${below.length - NAMED} more` : ''}.
        </p>
      ) : null}
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={onClose}>Keep it</Button>
        <Button look="danger" icon="trash" isBusy={isBusy} onClick={() => void remove()}>
          {below.length > 0 ? `Remove ${below.length + 1} roles` : 'Remove'}
        </Button>
      </div>
    </Dialog>
  );
}
