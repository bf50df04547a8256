// Board controls: zoom, fit and tidy, for people without a wheel.

import { useReactFlow } from '@xyflow/react';
import { redoStep, undoStep } from '../features/reorganise/index.ts';
import { useCanvas, useTools } from '../store/canvas-context.ts';
import { IconButton } from '../ui/button.tsx';

export function BoardControls({ onFit, onTidy }: { onFit: () => void; onTidy: () => void }) {
  const flow = useReactFlow();
  return (
    <div
      role="toolbar"
      aria-label="Board"
      className="absolute bottom-4 start-4 z-10 flex rounded-m border border-line bg-surface p-0.5 shadow-(--shadow-card)"
    >
      <IconButton icon="minus" label="Zoom out" onClick={() => void flow.zoomOut()} />
      <IconButton icon="plus" label="Zoom in" onClick={() => void flow.zoomIn()} />
      <IconButton icon="fit" label="Fit everything" onClick={onFit} />
      <UndoButtons />
      <IconButton icon="tidy" label="Tidy up: forget places chosen by hand" onClick={onTidy} />
    </div>
  );
}

export function UndoButtons() {
  const tools = useTools();
  const { past, future, isBusy } = useCanvas((canvas) => canvas.steps);
  const [last, next] = [past.at(-1), future.at(-1)];
  return (
    <>
      <IconButton
        icon="undo"
        label={last ? `Undo: ${last.label}` : 'Nothing to undo'}
        disabled={!last || isBusy}
        onClick={() => void undoStep(tools)}
      />
      <IconButton
        icon="redo"
        label={next ? `Do again: ${next.label}` : 'Nothing to do again'}
        disabled={!next || isBusy}
        onClick={() => void redoStep(tools)}
      />
    </>
  );
}
