// Bulk bar: what can be done to all that is chosen, at once. Removing is asked about first, by name.

import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { topmost, withDescendants } from './model.ts';
import { namesOf, pauseOrResume, removeAll, restartAll } from './reorganise-roles.ts';

export function BulkBar() {
  const tools = useTools();
  const { store } = tools;
  const chosenIds = useCanvas((canvas) => canvas.chosenIds);
  const roles = useCanvas((canvas) => canvas.roles);
  const [busy, setBusy] = useState<string | null>(null);
  const [isRemoving, setRemoving] = useState(false);
  const ids = [...chosenIds].filter((id) => roles[id]);
  const run = async (name: string, action: () => Promise<unknown>) => {
    setBusy(name);
    await action();
    setBusy(null);
  };
  const clear = () => store.setState({ chosenIds: new Set() });
  if (ids.length === 0) return null;
  const isPausedOnly = ids.every((id) => roles[id]?.status === 'paused');
  const goes = isRemoving ? withDescendants(roles, topmost(roles, ids)) : [];
  return (
    <div
      role="toolbar"
      aria-label={say('reorganise.whatIsChosen')}
      className="rise absolute inset-x-0 bottom-18 z-10 mx-auto flex w-fit max-w-[calc(100%-2rem)] flex-wrap items-center justify-center gap-1.5 rounded-m border border-line bg-raised px-2 py-1.5 shadow-(--shadow-float)"
    >
      <span role="status" className="px-2 font-semibold whitespace-nowrap">
        {say('reorganise.chosen', { count: ids.length })}
      </span>
      <Button icon="board" onClick={() => store.setState({ moving: { ids, to: undefined } })}>
        {say('reorganise.move')}
      </Button>
      <Button
        icon="restart"
        isBusy={busy === 'restart'}
        onClick={() => void run('restart', () => restartAll(tools, ids))}
      >
        {say('reorganise.restart')}
      </Button>
      <Button
        icon={isPausedOnly ? 'play' : 'paused'}
        isBusy={busy === 'pause'}
        onClick={() => void run('pause', () => pauseOrResume(tools, isPausedOnly ? 'resume' : 'pause', ids))}
      >
        {isPausedOnly ? say('reorganise.resume') : say('reorganise.pause')}
      </Button>
      <Button icon="trash" look="danger" onClick={() => setRemoving(true)}>
        {say('reorganise.remove')}
      </Button>
      <IconButton icon="close" label={say('reorganise.chooseNothing')} onClick={clear} />
      <Dialog
        isOpen={isRemoving}
        onClose={() => setRemoving(false)}
        title={say('reorganise.removeRoles', { count: goes.length })}
        description={say('reorganise.theirAgentsStopAnd')}
      >
        <p className="mt-3 mb-0 rounded-m bg-fail-soft px-3 py-2.5">{namesOf(roles, goes)}</p>
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={() => setRemoving(false)}>{say('reorganise.keepThem')}</Button>
          <Button
            look="danger"
            icon="trash"
            isBusy={busy === 'remove'}
            onClick={() =>
              void run('remove', () => removeAll(tools, ids)).then(() => {
                setRemoving(false);
                clear();
              })
            }
          >
            {say('reorganise.removeCount', { count: goes.length })}
          </Button>
        </div>
      </Dialog>
    </div>
  );
}
