// Key notes: a role's own notes by key, each with its version and the time when it goes. A note that changed meanwhile is
// never written over unseen: the server compares versions.

import type { keyValues } from '@molecule/contracts';
import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { timeWords } from '../../languages/value-words.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Select, TextField } from '../../ui/field.tsx';
import { Reading } from '../activity/activity-tab.tsx';
import type { Role } from '../workspaces/model.ts';
import { OutOfReach } from '../workspaces/out-of-reach.tsx';
import { AS_IT_IS, lifetimeSeconds, lifetimes, readValue, secondsLeft, textOfValue } from './model.ts';
import { useKeyValues, useMemoryActions } from './use-memories.ts';

type Row = keyValues.KeyValueRow;

export function KeyNotes({ role }: { role: Role }) {
  const query = useKeyValues(role.id);
  const { store } = useTools();
  const { drop, note } = useMemoryActions(role.id);
  const [edited, setEdited] = useState<Row | 'new' | null>(null);
  const remove = async (row: Row) => {
    if (!(await drop(row.key))) return;
    const run = () =>
      void note({ key: row.key, value: row.value, ttlSeconds: secondsLeft(row, Date.now()), version: 0 });
    store.getState().notify({
      tone: 'plain',
      title: say('memories.keyWasDeleted', { key: row.key }),
      action: { label: say('memories.undo'), run },
    });
  };
  if (query.isPending) return <Reading />;
  if (query.error && !query.data) {
    return <OutOfReach what="notes" error={query.error} onRetry={() => void query.refetch()} />;
  }
  return (
    <>
      <div className="flex items-center gap-3 border-b border-line px-5 py-2">
        <p className="m-0 min-w-0 flex-1 text-ink-soft">{say('memories.ofThisRoleAlone')}</p>
        <Button icon="plus" onClick={() => setEdited('new')}>
          {say('memories.newNote')}
        </Button>
      </div>
      {query.data.length === 0 ? (
        <Empty icon="pencil" title={say('memories.noNotesYet')}>
          {say('memories.agentsKeepSmallFacts')}
        </Empty>
      ) : (
        <ul
          className="m-0 min-h-0 flex-1 list-none overflow-y-auto p-0"
          aria-label={say('memories.notesByKey')}
        >
          {query.data.map((row) => (
            <li key={row.key} className="flex gap-2 border-b border-line py-2.5 ps-5 pe-3">
              <div className="min-w-0 flex-1">
                <code className="block font-mono text-note font-semibold break-words">{row.key}</code>
                <p className="mt-0.5 mb-0 line-clamp-4 font-mono text-note break-words whitespace-pre-wrap">
                  {textOfValue(row.value)}
                </p>
                <p className="mt-1 mb-0 text-note text-ink-soft">
                  {say('memories.version', { version: row.version })} · {timeWords(row.updated_at, 'full')}
                  {row.expires_at
                    ? ` · ${say('memories.until', { time: timeWords(row.expires_at, 'full') })}`
                    : ''}
                </p>
              </div>
              <IconButton
                icon="pencil"
                label={say('memories.changeKey', { key: row.key })}
                onClick={() => setEdited(row)}
              />
              <IconButton
                icon="trash"
                label={say('memories.deleteKey', { key: row.key })}
                onClick={() => void remove(row)}
              />
            </li>
          ))}
        </ul>
      )}
      {edited === null ? null : (
        <NoteDialog role={role} row={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />
      )}
    </>
  );
}

function NoteDialog({ role, row, onClose }: { role: Role; row: Row | null; onClose: () => void }) {
  const { note } = useMemoryActions(role.id);
  const [key, setKey] = useState(row?.key ?? '');
  const [text, setText] = useState(row ? textOfValue(row.value) : '');
  const [lifetime, setLifetime] = useState<string>(row?.expires_at ? AS_IT_IS : '');
  const [isBusy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    const ttlSeconds = lifetimeSeconds(lifetime, row, Date.now());
    const isSaved = await note({ key, value: readValue(text), ttlSeconds, version: row?.version ?? 0 });
    setBusy(false);
    if (isSaved) onClose();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={row ? say('memories.changeKey', { key: row.key }) : say('memories.newNote')}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (key !== '' && text !== '' && !isBusy) void save();
        }}
      >
        {row ? null : (
          <TextField
            className="mt-4"
            label={say('memories.key')}
            value={key}
            maxLength={256}
            onChange={setKey}
          />
        )}
        <label className="mt-4 block">
          <span className="mb-1 block text-note text-ink-soft">{say('memories.valueJsonOrAny')}</span>
          <textarea
            rows={5}
            value={text}
            spellCheck={false}
            onChange={(event) => setText(event.target.value)}
            className="w-full resize-y rounded-s border border-line-strong bg-surface px-3 py-2 font-mono text-note"
          />
        </label>
        <div className="mt-3 flex items-center gap-3">
          <span className="text-ink-soft">{say('memories.kept')}</span>
          <Select
            label={say('memories.keptFor')}
            value={lifetime}
            onChoose={setLifetime}
            options={[
              ...(row?.expires_at
                ? [
                    {
                      value: AS_IT_IS,
                      label: say('memories.keptUntil', { time: timeWords(row.expires_at, 'full') }),
                    },
                  ]
                : []),
              ...lifetimes(),
            ]}
          />
        </div>
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={onClose}>{say('memories.cancel')}</Button>
          <Button look="primary" type="submit" disabled={key === '' || text === ''} isBusy={isBusy}>
            {say('memories.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
