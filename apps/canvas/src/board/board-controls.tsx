// Board controls: zoom, fit and tidy, for people without a wheel.

import { useReactFlow } from '@xyflow/react';
import { askNewRoleHere } from '../features/new-role/ask-new-role.ts';
import { redoStep, undoStep } from '../features/reorganise/index.ts';
import { say } from '../languages/say.ts';
import { useCanvas, useTools } from '../store/canvas-context.ts';
import { IconButton } from '../ui/button.tsx';

export function BoardControls({ onFit, onTidy }: { onFit: () => void; onTidy: () => void }) {
  const flow = useReactFlow();
  return (
    <div
      role="toolbar"
      aria-label={say('board.board')}
      className="absolute bottom-4 start-4 z-10 flex rounded-m border border-line bg-surface p-0.5 shadow-(--shadow-card)"
    >
      <IconButton icon="minus" label={say('board.zoomOut')} onClick={() => void flow.zoomOut()} />
      <IconButton icon="plus" label={say('board.zoomIn')} onClick={() => void flow.zoomIn()} />
      <IconButton icon="fit" label={say('board.fitEverything')} onClick={onFit} />
      <UndoButtons />
      <NewRoleButton />
      <IconButton icon="tidy" label={say('board.tidyUpForgetPlaces')} onClick={onTidy} />
    </div>
  );
}

export function NewRoleButton() {
  const tools = useTools();
  return <IconButton icon="person" label={say('newRole.open')} onClick={() => askNewRoleHere(tools)} />;
}

export function UndoButtons() {
  const tools = useTools();
  const { past, future, isBusy } = useCanvas((canvas) => canvas.steps);
  const [last, next] = [past.at(-1), future.at(-1)];
  return (
    <>
      <IconButton
        icon="undo"
        label={last ? say('board.undoLast', { last: last.label }) : say('board.nothingToUndo')}
        disabled={!last || isBusy}
        onClick={() => void undoStep(tools)}
      />
      <IconButton
        icon="redo"
        label={next ? say('board.doAgainNext', { next: next.label }) : say('board.nothingToDoAgain')}
        disabled={!next || isBusy}
        onClick={() => void redoStep(tools)}
      />
    </>
  );
}
