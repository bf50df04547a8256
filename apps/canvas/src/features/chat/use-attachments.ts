// Use attachments: files that wait in the composer of one role. They belong to the store, like the draft: closing the panel
// neither ends an upload nor loses what is there.

import { useCallback } from 'react';
import { say } from '../../languages/say.ts';
import { type CanvasTools, useCanvas, useTools } from '../../store/canvas-context.ts';
import { type Attachment, cleanFileName } from './attachments.ts';
import { emptyThread } from './model.ts';
import { explainUploadFailure, refuseBeforeUpload, uploadAttachment } from './upload-attachment.ts';

const NONE = emptyThread().attached;

/** What a person chose, dropped or pasted. Folders come as nothing that can be read and are named apart. */
export interface Offered {
  files: readonly File[];
  folders: readonly string[];
}

export function useAttachments(roleId: string) {
  const tools = useTools();
  const attached = useCanvas((canvas) => canvas.threads[roleId]?.attached) ?? NONE;
  const attach = useCallback(
    ({ files, folders }: Offered) => {
      for (const name of folders) put(tools, roleId, refused(name, 0, say('chat.attachedFolder')));
      for (const file of files) void attachOne(tools, roleId, file);
    },
    [tools, roleId],
  );
  const remove = useCallback(
    (attachment: Attachment) => {
      attachment.cancel();
      change(tools, roleId, (all) => all.filter((one) => one.id !== attachment.id));
    },
    [tools, roleId],
  );
  return { attached, attach, remove };
}

async function attachOne(tools: CanvasTools, roleId: string, file: File): Promise<void> {
  const count = tools.store.getState().threads[roleId]?.attached.length ?? 0;
  const why = refuseBeforeUpload(file, count);
  if (why !== null) return put(tools, roleId, refused(file.name, file.size, why));
  const abort = new AbortController();
  const attachment: Attachment = {
    id: crypto.randomUUID(),
    name: cleanFileName(file.name),
    sizeBytes: file.size,
    state: { kind: 'uploading', share: 0 },
    cancel: () => abort.abort(),
  };
  const become = (state: Attachment['state']) =>
    change(tools, roleId, (all) => all.map((one) => (one.id === attachment.id ? { ...one, state } : one)));
  put(tools, roleId, attachment);
  try {
    const onShare = (share: number) => become({ kind: 'uploading', share });
    become({ kind: 'ready', file: await uploadAttachment(roleId, file, onShare, abort.signal) });
  } catch (error) {
    become({ kind: 'refused', why: explainUploadFailure(error) });
  }
}

function refused(name: string, sizeBytes: number, why: string): Attachment {
  const state = { kind: 'refused', why } as const;
  return { id: crypto.randomUUID(), name: cleanFileName(name), sizeBytes, state, cancel: () => undefined };
}

function put(tools: CanvasTools, roleId: string, attachment: Attachment): void {
  change(tools, roleId, (all) => [...all, attachment]);
}

function change(
  tools: CanvasTools,
  roleId: string,
  to: (all: readonly Attachment[]) => readonly Attachment[],
): void {
  tools.store.getState().setThread(roleId, (thread) => ({ ...thread, attached: to(thread.attached) }));
}

/** The files of a drop or of a paste. */
export function offeredBy(transfer: DataTransfer): Offered {
  const offered = { files: [] as File[], folders: [] as string[] };
  for (const item of transfer.items) {
    const file = item.kind === 'file' ? item.getAsFile() : null;
    if (!file) continue;
    if (item.webkitGetAsEntry()?.isDirectory) offered.folders.push(file.name);
    else offered.files.push(file);
  }
  return offered;
}
