// File view: one file, to read and to write. What is written stays a draft, in this browser, until it is saved.

import { CallError } from '@molecule/client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Code } from '../../ui/code.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Reading } from '../activity/activity-tab.tsx';
import { OutOfReach } from '../workspaces/out-of-reach.tsx';
import { attempt } from '../workspaces/role-actions.ts';
import { downloadAddress, type Place, readText, saveText } from './file-actions.ts';
import { ConflictDialog } from './file-dialogs.tsx';
import { baseName, draftKey } from './model.ts';

interface FileViewProps {
  place: Place;
  path: string;
  onSaved: (needsRestart: boolean) => void;
  onDelete: () => void;
  onClose: () => void;
}

export function FileView({ place, path, onSaved, onDelete, onClose }: FileViewProps) {
  const tools = useTools();
  const client = useQueryClient();
  const queryKey = ['file', place.roleId, place.root, path];
  const key = draftKey(place.roleId, place.root, path);
  const draft = useCanvas((canvas) => canvas.drafts[key]);
  const { setDraft } = tools.store.getState();
  const [isBusy, setBusy] = useState(false);
  const [theirs, setTheirs] = useState<string | null>(null);
  const file = useQuery({
    queryKey,
    queryFn: () => readText(tools.call, place, path),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const isChanged = draft !== undefined && draft !== file.data;
  const take = (text: string) => {
    client.setQueryData(queryKey, text);
    setDraft(key, null);
    setTheirs(null);
  };
  const save = async (base: string | null) => {
    if (!isChanged || isBusy) return;
    setBusy(true);
    await attempt(tools, say('files.pathWasNotSaved', { path }), async () => {
      const outcome = await saveText(tools.call, place, path, draft, base);
      if ('other' in outcome) return setTheirs(outcome.other);
      take(draft);
      onSaved(outcome.needsRestart);
    });
    setBusy(false);
  };
  return (
    <section aria-label={path} className="flex min-h-0 min-w-0 flex-1 flex-col">
      <div className="flex items-center gap-1 border-b border-line py-1 ps-4 pe-2">
        <span className="min-w-0 flex-1 truncate font-medium" title={path}>
          {baseName(path)}
        </span>
        {isChanged ? (
          <Button look="quiet" onClick={() => setDraft(key, null)}>
            {say('files.discard')}
          </Button>
        ) : null}
        <Button
          look={isChanged ? 'primary' : 'plain'}
          disabled={!isChanged}
          isBusy={isBusy}
          onClick={() => void save(file.data ?? null)}
        >
          {say('files.save')}
        </Button>
        <a
          href={downloadAddress(place, path)}
          download={baseName(path)}
          aria-label={say('files.downloadPath', { path: baseName(path) })}
          title={say('files.download')}
          className="inline-flex size-9 shrink-0 items-center justify-center rounded-s text-ink-soft hover:bg-sunken hover:text-ink"
        >
          <Icon name="download" />
        </a>
        <IconButton
          icon="trash"
          label={say('files.deletePath', { path: baseName(path) })}
          onClick={onDelete}
        />
        <IconButton icon="close" label={say('files.closeTheFile')} onClick={onClose} />
      </div>
      {file.error ? (
        <Unreadable
          error={file.error}
          href={downloadAddress(place, path)}
          onRetry={() => void file.refetch()}
        />
      ) : file.data === undefined ? (
        <Reading />
      ) : (
        <Code
          label={say('files.textOfPath', { path })}
          fileName={path}
          text={draft ?? file.data}
          onChange={(text) => setDraft(key, text === file.data ? null : text)}
          onSave={() => void save(file.data ?? null)}
        />
      )}
      {theirs === null ? null : (
        <ConflictDialog
          path={path}
          theirs={theirs}
          mine={draft ?? ''}
          onClose={() => setTheirs(null)}
          onKeepMine={() => void save(null)}
          onTakeTheirs={() => take(theirs)}
        />
      )}
    </section>
  );
}

/** Bytes that are no text, and texts too large for a page, are there to download. */
function Unreadable({ error, href, onRetry }: { error: unknown; href: string; onRetry: () => void }) {
  const isOther = error instanceof CallError && (error.status === 400 || error.status === 413);
  if (!isOther) return <OutOfReach what="file" error={error} onRetry={onRetry} />;
  return (
    <Empty icon="file" title={say('files.thisCantBeShown')}>
      <a href={href} download className="text-motion underline">
        {say('files.downloadIt')}
      </a>
    </Empty>
  );
}
