// Secret dialogs: a value goes in, or a secret goes. Both say how many roles restart by it.

import { useState } from 'react';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { TextField } from '../../ui/field.tsx';
import { providerOf, troubleWithSecretName } from './model.ts';
import { type Holder, useDependents, useSecretActions } from './use-secrets.ts';

interface SetSecretDialogProps {
  holder: Holder;
  /** The name that gets another value; null for a new secret. */
  name: string | null;
  onClose: () => void;
}

export function SetSecretDialog({ holder, name: given, onClose }: SetSecretDialogProps) {
  const { save, judge } = useSecretActions(holder);
  const [name, setName] = useState(given ?? '');
  const [value, setValue] = useState('');
  const [trouble, setTrouble] = useState<string | null>(null);
  const [doubt, setDoubt] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const dependents = useDependents(holder, given);
  const submit = async () => {
    const wrong = troubleWithSecretName(name.trim());
    if (wrong) return setTrouble(wrong);
    setBusy(true);
    const provider = providerOf(name.trim());
    // A doubt is told once; who saves again means it.
    const found = provider && doubt === null ? await judge(provider, value) : null;
    if (found) setDoubt(found);
    else if (await save(name.trim(), value)) return onClose();
    setBusy(false);
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={given === null ? 'New secret' : `Another value for ${given}`}
      description={restartWords(holder, dependents.data)}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (value !== '' && !isBusy) void submit();
        }}
      >
        {given === null ? (
          <TextField
            className="mt-4"
            label="Name"
            placeholder="ANTHROPIC_API_KEY"
            value={name}
            trouble={trouble}
            onChange={(text) => {
              setName(text);
              setTrouble(null);
              setDoubt(null);
            }}
          />
        ) : null}
        <TextField
          className="mt-4"
          label="Value"
          type="password"
          autoComplete="new-password"
          value={value}
          trouble={doubt === null ? null : `Is it right? ${doubt}.`}
          hint="It is sealed, and never shown again."
          onChange={(text) => {
            setValue(text);
            setDoubt(null);
          }}
        />
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={value === ''} isBusy={isBusy}>
            {doubt === null ? 'Save' : 'Save it anyway'}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface DeleteSecretDialogProps {
  holder: Holder;
  name: string;
  isOverride: boolean;
  onClose: () => void;
}

export function DeleteSecretDialog({ holder, name, isOverride, onClose }: DeleteSecretDialogProps) {
  const { remove } = useSecretActions(holder);
  const [isBusy, setBusy] = useState(false);
  const dependents = useDependents(holder, name);
  const after = isOverride ? 'The value that every role gets counts here again. ' : '';
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={`Delete ${name}?`}
      description={`${after}${restartWords(holder, dependents.data)} This can't be undone: nobody can read the value.`}
    >
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={onClose}>Keep it</Button>
        <Button
          look="danger"
          icon="trash"
          isBusy={isBusy}
          onClick={() => {
            setBusy(true);
            void remove(name).then(onClose);
          }}
        >
          Delete
        </Button>
      </div>
    </Dialog>
  );
}

function restartWords(holder: Holder, count: number | undefined): string {
  if (holder !== null) return 'Its agent restarts to get it.';
  if (count === undefined) return 'The roles that it reaches restart to get it.';
  if (count === 0) return 'No role restarts by it.';
  return `${count} ${count === 1 ? 'role restarts' : 'roles restart'} to get it.`;
}
