// Board controls: zoom, fit and tidy, for people without a wheel.

import { useReactFlow } from '@xyflow/react';
import { IconButton } from '../ui/button.tsx';

export function BoardControls({ onFit, onTidy }: { onFit: () => void; onTidy: () => void }) {
  const flow = useReactFlow();
  return (
    <div
      role="toolbar"
      aria-label="Board"
      className="absolute bottom-4 left-4 z-10 flex rounded-m border border-line bg-surface p-0.5 shadow-(--shadow-card)"
    >
      <IconButton icon="minus" label="Zoom out" onClick={() => void flow.zoomOut()} />
      <IconButton icon="plus" label="Zoom in" onClick={() => void flow.zoomIn()} />
      <IconButton icon="fit" label="Fit everything" onClick={onFit} />
      <IconButton icon="tidy" label="Tidy up: forget places chosen by hand" onClick={onTidy} />
    </div>
  );
}
