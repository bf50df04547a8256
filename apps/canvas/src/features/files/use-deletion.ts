// Use deletion: deletes at once what can be put back, and asks first about what cannot.

import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import { failureWords } from '../workspaces/role-actions.ts';
import { type Copy, copyBeforeDeletion, deletePath, type Place, putBack } from './file-actions.ts';

export function useDeletion(place: Place, onChanged: (path: string, needsRestart: boolean) => void) {
  const tools = useTools();
  const [asked, setAsked] = useState<string | null>(null);

  const remove = async (path: string, copy: Copy | null) => {
    const done = await deletePath(tools, place, path);
    if (!done) return;
    onChanged(path, done.needsRestart);
    const undo = async (kept: Copy) => {
      if (await putBack(tools, place, kept)) onChanged(path, done.needsRestart);
    };
    tools.store.getState().notify({
      tone: 'plain',
      title: say('files.pathWasDeleted', { path }),
      ...(copy ? { action: { label: say('files.undo'), run: () => void undo(copy) } } : {}),
    });
  };

  const ask = async (path: string, isFolder: boolean) => {
    try {
      const copy = await copyBeforeDeletion(tools.call, place, path, isFolder);
      if (copy) await remove(path, copy);
      else setAsked(path);
    } catch (error) {
      const detail = failureWords(error);
      tools.store
        .getState()
        .notify({ tone: 'error', title: say('files.pathWasNotDeleted', { path }), detail });
    }
  };

  const answer = (isYes: boolean) => {
    if (isYes && asked !== null) void remove(asked, null);
    setAsked(null);
  };

  return { asked, ask, answer };
}
