// Files tab: what a role is configured with and what it works on: a tree, and the file that is open.

import type { files } from '@molecule/contracts';
import { LIMITS } from '@molecule/domain';
import { useQueryClient } from '@tanstack/react-query';
import { type DragEvent, useState } from 'react';
import { say } from '../../languages/say.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { Empty } from '../../ui/empty.tsx';
import { NARROW, useMedia } from '../../ui/use-media.ts';
import { Reading } from '../activity/activity-tab.tsx';
import type { Role } from '../workspaces/model.ts';
import { OutOfReach } from '../workspaces/out-of-reach.tsx';
import { RestartStrip } from '../workspaces/restart-strip.tsx';
import type { Place } from './file-actions.ts';
import { DeleteFileDialog, NewFileDialog, OverwriteDialog } from './file-dialogs.tsx';
import { FileTree } from './file-tree.tsx';
import { FileView } from './file-view.tsx';
import { FilesBar } from './files-bar.tsx';
import { baseName, draftKey, type FileLine, foldersAbove, linesOf } from './model.ts';
import { useDeletion } from './use-deletion.ts';
import { useFolders } from './use-folders.ts';
import { useUpload } from './use-upload.ts';

export default function FilesTab({ role }: { role: Role }) {
  const [root, setRoot] = useState<files.FileRoot>('/configs');
  if (role.runtime === 'external') {
    return (
      <Empty icon="info" title={say('files.thisAgentRunsElsewhere')}>
        {say('files.theFilesOfAn')}
      </Empty>
    );
  }
  return <FilesOfRoot key={root} role={role} place={{ roleId: role.id, root }} onRoot={setRoot} />;
}

interface FilesOfRootProps {
  role: Role;
  place: Place;
  onRoot: (root: files.FileRoot) => void;
}

function FilesOfRoot({ role, place, onRoot }: FilesOfRootProps) {
  const { store } = useTools();
  const client = useQueryClient();
  const isNarrow = useMedia(NARROW);
  const drafts = useCanvas((canvas) => canvas.drafts);
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const [current, setCurrent] = useState<FileLine | null>(null);
  const [openPath, setOpenPath] = useState<string | null>(null);
  const [isNaming, setNaming] = useState(false);
  const [needsRestart, setNeedsRestart] = useState(false);
  const folders = useFolders(role.id, place.root, expanded);
  const lines = linesOf(folders, expanded);
  const top = folders.get('');
  const reread = () => void client.invalidateQueries({ queryKey: ['files', role.id, place.root] });
  const folder = current?.isFolder ? current.path : (foldersAbove(current?.path ?? '').at(-1) ?? '');

  const onChanged = (isRestartNeeded: boolean) => {
    if (isRestartNeeded) setNeedsRestart(true);
    reread();
  };
  const show = (path: string) => {
    setExpanded(new Set([...expanded, ...foldersAbove(path)]));
    setOpenPath(path);
    setCurrent({ path, name: baseName(path), depth: 0, isFolder: false, isExpanded: false, sizeBytes: 0 });
  };
  const deletion = useDeletion(place, (path, isRestartNeeded) => {
    if (openPath === path || openPath?.startsWith(`${path}/`)) setOpenPath(null);
    store.getState().setDraft(draftKey(role.id, place.root, path), null);
    client.removeQueries({ queryKey: ['file', role.id, place.root] });
    onChanged(isRestartNeeded);
  });
  const upload = useUpload(place, folder, lines, onChanged);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    upload.offer([...event.dataTransfer.files]);
  };
  const expand = (path: string, isExpanded: boolean) => {
    const next = new Set([...expanded].filter((each) => each !== path && !each.startsWith(`${path}/`)));
    if (isExpanded) setExpanded(new Set([...expanded, path]));
    else setExpanded(next);
    setCurrent(lines.find((line) => line.path === path) ?? null);
  };
  const tree = top?.error ? (
    <OutOfReach what="folder" error={top.error} onRetry={reread} />
  ) : top?.isPending ? (
    <Reading />
  ) : lines.length === 0 ? (
    <Empty icon="folder" title={say('files.nothingIsHereYet')}>
      {say('files.makeAFileOr')}
    </Empty>
  ) : (
    <FileTree
      lines={lines}
      currentPath={current?.path ?? null}
      hasDraft={(path) => Object.hasOwn(drafts, draftKey(role.id, place.root, path))}
      onOpen={(line) => {
        setCurrent(line);
        setOpenPath(line.path);
      }}
      onExpand={expand}
      onDelete={(line) => void deletion.ask(line.path, line.isFolder)}
    />
  );
  const isTreeShown = !isNarrow || openPath === null;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <FilesBar
        root={place.root}
        onRoot={onRoot}
        folder={folder}
        isUploading={upload.isBusy}
        onNew={() => setNaming(true)}
        onUpload={upload.offer}
        onRefresh={reread}
        onDelete={current ? () => void deletion.ask(current.path, current.isFolder) : null}
      />
      {needsRestart ? <RestartStrip role={role} onDone={() => setNeedsRestart(false)} /> : null}
      <div className="flex min-h-0 flex-1">
        {isTreeShown ? (
          <section
            aria-label={say('files.folders')}
            onDragOver={(event) => event.preventDefault()}
            onDrop={onDrop}
            className={`min-h-0 overflow-auto ${openPath === null ? 'flex-1' : 'w-60 shrink-0 border-e border-line'}`}
          >
            {tree}
            {lines.length >= LIMITS.filesListed ? (
              <p className="m-0 px-4 py-2 text-note text-ink-soft">{say('files.onlyTheFirstFiles')}</p>
            ) : null}
          </section>
        ) : null}
        {openPath === null ? null : (
          <FileView
            key={openPath}
            place={place}
            path={openPath}
            onSaved={onChanged}
            onDelete={() => void deletion.ask(openPath, false)}
            onClose={() => setOpenPath(null)}
          />
        )}
      </div>
      {isNaming ? (
        <NewFileDialog
          place={place}
          folder={folder}
          onClose={() => setNaming(false)}
          onMade={(path, isRestartNeeded) => {
            setNaming(false);
            onChanged(isRestartNeeded);
            show(path);
          }}
        />
      ) : null}
      <DeleteFileDialog asked={deletion.asked} onAnswer={deletion.answer} />
      <OverwriteDialog names={upload.asked} onAnswer={upload.answer} />
    </div>
  );
}
