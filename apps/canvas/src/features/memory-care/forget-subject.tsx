// Forget subject: names what is to be forgotten, shows all that would go, and lets exactly that go.

import type { memories } from '@molecule/contracts';
import { type FormEvent, useState } from 'react';
import { say } from '../../languages/say.ts';
import { timeWords } from '../../languages/value-words.ts';
import { useCanvas } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Select, TextField } from '../../ui/field.tsx';
import { namespaceName } from './namespace-name.ts';
import { type Preview, useCareActions } from './use-memory-care.ts';

const KINDS = {
  text: 'memoryCare.byText',
  workspace: 'memoryCare.byRole',
  subject: 'memoryCare.bySubject',
  message: 'memoryCare.byMessage',
  file: 'memoryCare.byFile',
  url: 'memoryCare.byAddress',
} as const;
type Kind = keyof typeof KINDS;
const ORDER: readonly Kind[] = ['text', 'workspace', 'subject', 'message', 'file', 'url'];

const WHY = {
  asked: 'memoryCare.askedFor',
  derived: 'memoryCare.madeOfIt',
  mention: 'memoryCare.quotesIt',
} as const;
const WHAT = {
  memory: 'memoryCare.aMemory',
  key: 'memoryCare.aNote',
  activity: 'memoryCare.anActivity',
} as const;

export function ForgetSubject({ onForgotten }: { onForgotten: () => void }) {
  const roles = useCanvas((canvas) => canvas.roles);
  const { preview, forget } = useCareActions();
  const [kind, setKind] = useState<Kind>('text');
  const [value, setValue] = useState('');
  const [shown, setShown] = useState<{ subject: memories.ForgetSubject; found: NonNullable<Preview> } | null>(
    null,
  );
  const [isBusy, setBusy] = useState(false);
  const look = async (event: FormEvent) => {
    event.preventDefault();
    if (value.trim() === '' || isBusy) return;
    setBusy(true);
    const subject = { kind, value: value.trim() };
    const found = await preview(subject);
    setBusy(false);
    if (found) setShown({ subject, found });
  };
  const letGo = async () => {
    if (!shown) return;
    setBusy(true);
    const receipt = await forget(shown.subject, shown.found.confirm);
    setBusy(false);
    setShown(null);
    if (!receipt) return;
    setValue('');
    onForgotten();
  };
  const chooseKind = (next: Kind) => {
    setKind(next);
    setValue(next === 'workspace' ? (Object.keys(roles)[0] ?? '') : '');
  };
  return (
    <form onSubmit={(event) => void look(event)} className="min-h-0 flex-1 overflow-y-auto px-5 py-4">
      <p className="mt-0 mb-4 text-ink-soft">{say('memoryCare.forgetIntroduction')}</p>
      <div className="flex flex-wrap items-end gap-3">
        <Select
          label={say('memoryCare.whatIsForgotten')}
          value={kind}
          onChoose={chooseKind}
          options={ORDER.map((each) => ({ value: each, label: say(KINDS[each]) }))}
        />
        {kind === 'workspace' ? (
          <Select
            label={say('memoryCare.role')}
            value={value}
            onChoose={setValue}
            options={Object.values(roles).map(({ id, name }) => ({ value: id, label: name }))}
          />
        ) : (
          <TextField
            label={say(KINDS[kind])}
            value={value}
            maxLength={512}
            onChange={setValue}
            className="min-w-48 flex-1"
          />
        )}
        <Button type="submit" isBusy={isBusy} disabled={value.trim() === ''}>
          {say('memoryCare.showWhatGoes')}
        </Button>
      </div>
      {shown ? (
        <PreviewDialog
          found={shown.found}
          isBusy={isBusy}
          onClose={() => setShown(null)}
          onForget={() => void letGo()}
        />
      ) : null}
    </form>
  );
}

interface PreviewDialogProps {
  found: NonNullable<Preview>;
  isBusy: boolean;
  onClose: () => void;
  onForget: () => void;
}

function PreviewDialog({ found, isBusy, onClose, onForget }: PreviewDialogProps) {
  const roles = useCanvas((canvas) => canvas.roles);
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={say('memoryCare.wouldGo', { count: found.total })}
      description={say('memoryCare.cannotBeUndone', { until: timeWords(found.backups_until, 'day') })}
    >
      {found.total === 0 ? null : (
        <ul
          // A list that scrolls must be reachable by keyboard.
          // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
          tabIndex={0}
          className="mt-3 mb-0 max-h-72 list-none overflow-y-auto rounded-m bg-sunken p-0"
          aria-label={say('memoryCare.whatGoes')}
        >
          {found.items.map((item) => (
            <li
              key={`${item.kind} ${item.namespace} ${item.id}`}
              className="border-b border-line px-3 py-2 last:border-0"
            >
              <span className="line-clamp-2 break-words">{item.excerpt || item.id}</span>
              <span className="text-note text-ink-soft">
                {say('memoryCare.item', {
                  what: say(WHAT[item.kind]),
                  where: namespaceName(item.namespace, roles),
                  why: say(WHY[item.why]),
                })}
              </span>
            </li>
          ))}
        </ul>
      )}
      {found.total > found.items.length ? (
        <p className="mt-2 mb-0 text-note text-ink-soft">
          {say('memoryCare.andMore', { count: found.total - found.items.length })}
        </p>
      ) : null}
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={onClose}>{say('memoryCare.keepIt')}</Button>
        <Button look="danger" icon="trash" isBusy={isBusy} disabled={found.total === 0} onClick={onForget}>
          {say('memoryCare.forgetAll', { count: found.total })}
        </Button>
      </div>
    </Dialog>
  );
}
