// Use drag to nest: a card that is dropped on another one asks to be put below it; dropped elsewhere it keeps that place.

import { type NodeChange, type OnNodeDrag, useReactFlow } from '@xyflow/react';
import { useMemo, useRef, useState } from 'react';
import { withDescendants } from '../features/reorganise/model.ts';
import { keepPlace } from '../features/reorganise/reorganise-roles.ts';
import { useTools } from '../store/canvas-context.ts';
import type { Placement, RoleNode } from './build-graph.ts';
import { CARD, type Placed, type Point, toChosenPlace } from './layout.ts';

interface DragToNest {
  /** Where everybody stands while a card is dragged; the team comes along. */
  placement: Placement;
  onNodesChange: (changes: NodeChange<RoleNode>[]) => void;
  onStart: OnNodeDrag<RoleNode>;
  onDrag: OnNodeDrag<RoleNode>;
  onStop: OnNodeDrag<RoleNode>;
}

interface Drag {
  id: string;
  to: Point;
}

/** While a card is dragged, nothing is laid out anew: it and its team are shifted, and the place is kept at the end. */
export function useDragToNest(standing: Placement): DragToNest {
  const tools = useTools();
  const flow = useReactFlow();
  const [drag, setDrag] = useState<Drag | null>(null);
  const latest = useRef(standing);
  latest.current = standing;
  const before = useRef<Point>({ x: 0, y: 0 });
  const family = useRef<readonly string[]>([]);
  const placement = useMemo(
    () => (drag ? shift(standing, family.current, drag) : standing),
    [standing, drag],
  );
  const handlers = useMemo(() => {
    const { store } = tools;
    const place = (id: string) => {
      const { moved, roles } = store.getState();
      return moved[id] ?? { x: roles[id]?.x ?? 0, y: roles[id]?.y ?? 0 };
    };
    const onNodesChange = (changes: NodeChange<RoleNode>[]) => {
      for (const change of changes) {
        if (change.type !== 'position' || !change.dragging || !change.position) continue;
        setDrag({ id: change.id, to: change.position });
      }
    };
    const onStart: OnNodeDrag<RoleNode> = (_, node) => {
      before.current = place(node.id);
      family.current = withDescendants(store.getState().roles, [node.id]);
    };
    const onDrag: OnNodeDrag<RoleNode> = (event, node) => {
      const at = flow.screenToFlowPosition(pointOf(event));
      const dropId = cardAt(latest.current, at, node.id);
      const isManager = dropId !== null && store.getState().roles[node.id]?.parentId === dropId;
      const next = isManager ? null : dropId;
      if (next !== store.getState().dropId) store.setState({ dropId: next });
    };
    const onStop: OnNodeDrag<RoleNode> = (_, node) => {
      const { dropId, roles } = store.getState();
      setDrag(null);
      if (dropId === null) {
        const managerId = roles[node.id]?.parentId;
        const manager = (managerId ? latest.current.get(managerId) : undefined) ?? { x: 0, y: 0 };
        const to = toChosenPlace({ x: node.position.x - manager.x, y: node.position.y - manager.y });
        store.setState(({ moved }) => ({ moved: { ...moved, [node.id]: to } }));
        void keepPlace(tools, node.id, before.current);
        return;
      }
      // It stands where it stood until the move is confirmed.
      store.setState({ dropId: null, moving: { ids: [node.id], to: dropId } });
    };
    return { onNodesChange, onStart, onDrag, onStop };
  }, [tools, flow]);
  return { placement, ...handlers };
}

function shift(standing: Placement, family: readonly string[], { id, to }: Drag): Placement {
  const from = standing.get(id);
  if (!from) return standing;
  const shifted = new Map(standing);
  for (const member of family) {
    const at = standing.get(member);
    if (at) shifted.set(member, shiftOne(at, to.x - from.x, to.y - from.y, member === id));
  }
  return shifted;
}

/** The dragged card hangs on nothing any more; its team keeps its rows. */
function shiftOne({ row, ...at }: Placed, dx: number, dy: number, isDragged: boolean): Placed {
  const moved = { ...at, x: at.x + dx, y: at.y + dy };
  if (isDragged) return { ...moved, isHung: false, isByHand: true };
  return row ? { ...moved, row: { trunkX: row.trunkX + dx, branchY: row.branchY + dy } } : moved;
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
