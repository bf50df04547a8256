// Secret dialogs: a value goes in, or a secret goes. Both say how many roles restart by it.

import { useState } from 'react';
import { say } from '../../languages/say.ts';
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
      title={given === null ? say('secrets.newSecret') : say('secrets.anotherValueForGiven', { given })}
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
            label={say('secrets.name')}
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
          label={say('secrets.value')}
          type="password"
          autoComplete="new-password"
          value={value}
          trouble={doubt === null ? null : say('secrets.isItRightDoubt', { doubt })}
          hint={say('secrets.itIsSealedAnd')}
          onChange={(text) => {
            setValue(text);
            setDoubt(null);
          }}
        />
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>{say('secrets.cancel')}</Button>
          <Button look="primary" type="submit" disabled={value === ''} isBusy={isBusy}>
            {doubt === null ? say('secrets.save') : say('secrets.saveItAnyway')}
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
  const description = [
    ...(isOverride ? [say('secrets.sharedCountsAgain')] : []),
    restartWords(holder, dependents.data),
    say('secrets.notUndone'),
  ].join(' ');
  return (
    <Dialog isOpen onClose={onClose} title={say('secrets.deleteName', { name })} description={description}>
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={onClose}>{say('secrets.keepIt')}</Button>
        <Button
          look="danger"
          icon="trash"
          isBusy={isBusy}
          onClick={() => {
            setBusy(true);
            void remove(name).then(onClose);
          }}
        >
          {say('secrets.delete')}
        </Button>
      </div>
    </Dialog>
  );
}

function restartWords(holder: Holder, count: number | undefined): string {
  if (holder !== null) return say('secrets.itsAgentRestartsTo');
  if (count === undefined) return say('secrets.theRolesThatIt');
  if (count === 0) return say('secrets.noRoleRestartsBy');
  return say('secrets.rolesRestart', { count });
}
