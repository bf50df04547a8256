// Use upload: takes files into a folder, after asking about those that would be written over.

import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import { type Place, uploadOne } from './file-actions.ts';
import { type FileLine, joinPath } from './model.ts';

export function useUpload(
  place: Place,
  folder: string,
  lines: readonly FileLine[],
  onChanged: (needsRestart: boolean) => void,
) {
  const tools = useTools();
  const [waiting, setWaiting] = useState<File[]>([]);
  const [isBusy, setBusy] = useState(false);
  const isThere = (file: File) => lines.some((line) => line.path === joinPath(folder, file.name));

  const send = async (chosen: readonly File[]) => {
    setBusy(true);
    for (const file of chosen) {
      const uploaded = await uploadOne(tools, place, folder, file);
      if (!uploaded) continue;
      tools.store.getState().notify({
        tone: 'plain',
        title: say('files.fileWasUploaded', { file: file.name }),
        ...(uploaded.isElsewhere ? { detail: say('files.itIsNoText', { path: uploaded.path }) } : {}),
      });
    }
    setBusy(false);
    onChanged(place.root === '/configs');
  };

  const offer = (chosen: File[]) => {
    if (chosen.length === 0) return;
    if (chosen.some(isThere)) setWaiting(chosen);
    else void send(chosen);
  };

  const answer = (isYes: boolean) => {
    if (isYes) void send(waiting);
    setWaiting([]);
  };

  return { offer, answer, isBusy, asked: waiting.filter(isThere).map((file) => file.name) };
}
