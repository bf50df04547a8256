// Rename dialog: one field, checked by the server's own rules.

import { LIMITS } from '@molecule/domain';
import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { renameUndoably } from '../reorganise/index.ts';
import type { Role } from './model.ts';

export function RenameDialog({ role, onClose }: { role: Role; onClose: () => void }) {
  const tools = useTools();
  const [name, setName] = useState(role.name);
  const [isBusy, setBusy] = useState(false);
  const isChanged = name.trim() !== '' && name.trim() !== role.name;
  const rename = async () => {
    setBusy(true);
    const isRenamed = await renameUndoably(tools, role.id, name.trim());
    setBusy(false);
    if (isRenamed) onClose();
  };
  return (
    <Dialog isOpen onClose={onClose} title={say('workspaces.rename')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isChanged && !isBusy) void rename();
        }}
      >
        <label className="mt-4 block">
          <span className="mb-1 block text-note text-ink-soft">{say('workspaces.name')}</span>
          <input
            value={name}
            maxLength={LIMITS.nameChars}
            onChange={(event) => setName(event.target.value)}
            className="h-10 w-full rounded-s border border-line-strong bg-surface px-3 outline-offset-0"
          />
        </label>
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>{say('workspaces.cancel')}</Button>
          <Button look="primary" type="submit" disabled={!isChanged} isBusy={isBusy}>
            {say('workspaces.rename')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
