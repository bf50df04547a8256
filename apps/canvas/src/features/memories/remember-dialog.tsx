// Remember dialog: a person writes a memory for a role, where that role may write.

import type { memories } from '@molecule/contracts';
import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Select } from '../../ui/field.tsx';
import type { Role } from '../workspaces/model.ts';
import { namespaceWords } from './model.ts';
import { useMemoryActions } from './use-memories.ts';

interface RememberDialogProps {
  role: Role;
  writable: readonly memories.NamespaceRow[];
  onClose: () => void;
}

export function RememberDialog({ role, writable, onClose }: RememberDialogProps) {
  const { remember } = useMemoryActions(role.id);
  const [text, setText] = useState('');
  const [namespace, setNamespace] = useState(writable[0]?.name ?? '');
  const [isPinned, setPinned] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    if (await remember(text, namespace, isPinned)) return onClose();
    setBusy(false);
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={say('memories.remember')}
      description={say('memories.roleFindsItFrom', { role: role.name })}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== '' && !isBusy) void save();
        }}
      >
        <label className="mt-4 block">
          <span className="mb-1 block text-note text-ink-soft">{say('memories.what')}</span>
          <textarea
            rows={4}
            value={text}
            onChange={(event) => setText(event.target.value)}
            className="w-full resize-y rounded-s border border-line-strong bg-surface px-3 py-2"
          />
        </label>
        <div className="mt-3 flex flex-wrap items-center gap-4">
          <Select
            label={say('memories.where')}
            value={namespace}
            onChoose={setNamespace}
            options={writable.map((row) => ({ value: row.name, label: namespaceWords(row) }))}
          />
          <label className="flex items-center gap-2">
            <input
              type="checkbox"
              checked={isPinned}
              onChange={() => setPinned(!isPinned)}
              className="size-4 accent-motion"
            />
            {say('memories.pinnedFirst')}
          </label>
        </div>
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>{say('memories.cancel')}</Button>
          <Button look="primary" type="submit" disabled={text.trim() === ''} isBusy={isBusy}>
            {say('memories.remember')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
