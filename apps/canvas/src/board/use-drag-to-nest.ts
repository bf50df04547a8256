// Use drag to nest: a card that is dropped on another one asks to be put below it; dropped elsewhere it keeps that place.

import { type OnNodeDrag, useReactFlow } from '@xyflow/react';
import { useMemo, useRef } from 'react';
import { keepPlace } from '../features/reorganise/reorganise-roles.ts';
import { useTools } from '../store/canvas-context.ts';
import type { Placement, RoleNode } from './build-graph.ts';
import { CARD, type Point } from './layout.ts';

interface DragToNest {
  onStart: OnNodeDrag<RoleNode>;
  onDrag: OnNodeDrag<RoleNode>;
  onStop: OnNodeDrag<RoleNode>;
}

export function useDragToNest(placement: Placement): DragToNest {
  const tools = useTools();
  const flow = useReactFlow();
  const latest = useRef(placement);
  latest.current = placement;
  const before = useRef<Point>({ x: 0, y: 0 });
  return useMemo(() => {
    const { store } = tools;
    const place = (id: string) => {
      const { moved, roles } = store.getState();
      return moved[id] ?? { x: roles[id]?.x ?? 0, y: roles[id]?.y ?? 0 };
    };
    return {
      onStart: (_, node) => {
        before.current = place(node.id);
      },
      onDrag: (event, node) => {
        const at = flow.screenToFlowPosition(pointOf(event));
        const dropId = cardAt(latest.current, at, node.id);
        const isManager = dropId !== null && store.getState().roles[node.id]?.parentId === dropId;
        store.setState({ dropId: isManager ? null : dropId });
      },
      onStop: (_, node) => {
        const { dropId } = store.getState();
        if (dropId === null) {
          void keepPlace(tools, node.id, before.current);
          return;
        }
        // It stands where it stood until the move is confirmed.
        store.setState(({ moved: { [node.id]: _place, ...moved } }) => ({
          moved,
          dropId: null,
          moving: { ids: [node.id], to: dropId },
        }));
      },
    };
  }, [tools, flow]);
}

function pointOf(event: MouseEvent | TouchEvent | React.MouseEvent): Point {
  if ('clientX' in event) return { x: event.clientX, y: event.clientY };
  const touch = event.changedTouches[0];
  return { x: touch?.clientX ?? 0, y: touch?.clientY ?? 0 };
}

/** The card under a point, but never the dragged one, nor one that hangs on it and moves along. */
export function cardAt(placement: Placement, at: Point, draggedId: string): string | null {
  for (const [id, card] of placement) {
    if (id === draggedId) continue;
    const isInside =
      at.x >= card.x && at.x <= card.x + CARD.width && at.y >= card.y && at.y <= card.y + CARD.height;
    if (isInside) return id;
  }
  return null;
}
