// Board: the live org chart. React Flow draws and pans; where cards stand and what lines run is decided in pure files.

import { ReactFlow, ReactFlowProvider, useReactFlow } from '@xyflow/react';
import { type KeyboardEvent, type MouseEvent, useCallback, useEffect, useMemo, useRef } from 'react';
import { BulkBar } from '../features/reorganise/bulk-bar.tsx';
import { isChoosing, takeChartKey, toggleChosen } from '../features/reorganise/choose-roles.ts';
import { FilterBar } from '../features/reorganise/filter-bar.tsx';
import { oncePerRoles } from '../features/workspaces/model.ts';
import { tidyBoard } from '../features/workspaces/role-actions.ts';
import { say } from '../languages/say.ts';
import { useCanvas, useTools } from '../store/canvas-context.ts';
import { NARROW, useMedia } from '../ui/use-media.ts';
import { BoardControls } from './board-controls.tsx';
import { SMALL_CHART } from './board-window.ts';
import {
  bondsPath,
  buildHops,
  buildNodes,
  type Direction,
  type HopLineData,
  neighbourOf,
  type Placement,
  placeRoles,
  type RoleNode,
} from './build-graph.ts';
import { ChartLines } from './chart-lines.tsx';
import { ChartPicture } from './chart-picture.tsx';
import { Dots } from './dots.tsx';
import { focusChart } from './focus-chart.ts';
import { CARD } from './layout.ts';
import { OverviewMap } from './overview-map.tsx';
import { RoleCard } from './role-card.tsx';
import { useBoardWindow } from './use-board-window.ts';
import { cardAt, useDragToNest } from './use-drag-to-nest.ts';
import { useViewport, ZOOM } from './use-viewport.ts';
import { WhyLine } from './why-line.tsx';

const NODE_TYPES = { role: RoleCard };
const NO_NODES: RoleNode[] = [];
/** Near enough to read and to reach a card. */
const NEAR_ZOOM = 0.8;
const NOWHERE = { x: 0, y: 0, width: 0, height: 0 } as const;
const ARROWS: Record<string, Direction> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
};

export function Board() {
  return (
    <ReactFlowProvider>
      <BoardInside />
    </ReactFlowProvider>
  );
}

function BoardInside() {
  const tools = useTools();
  const { store } = tools;
  const flow = useReactFlow();
  const isNarrow = useMedia(NARROW);
  const roles = useCanvas((canvas) => canvas.roles);
  const hops = useCanvas((canvas) => canvas.hops);
  const moved = useCanvas((canvas) => canvas.moved);
  const isRead = useCanvas((canvas) => canvas.isRead);
  const shape = useChartShape();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for what the layout reads of `roles`
  const standing = useMemo(() => placeRoles(store.getState().roles, moved), [shape, moved]);
  const drag = useDragToNest(standing);
  const { placement } = drag;
  const drawn = useBoardWindow(placement.size);
  const rect = placement.size > SMALL_CHART ? (drawn?.rect ?? NOWHERE) : null;
  const isPicture = drawn?.isPicture ?? false;
  const nodes = useMemo(
    () => (isPicture ? NO_NODES : buildNodes(placement, rect)),
    [placement, rect, isPicture],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  const bonds = useMemo(
    () => (isPicture ? '' : bondsPath(store.getState().roles, placement, rect)),
    [shape, placement, rect, isPicture],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: names and parents are all that hops read of `roles`
  const hopLines = useMemo(
    () => buildHops(hops, store.getState().roles, placement, rect),
    [hops, placement, rect, shape],
  );
  const viewport = useViewport(isRead && standing.size > 0, standing);
  const frame = useResized(viewport.onResized);
  useFitOnGrowth(placement.size, viewport.onResized);
  useFitWhenAsked(viewport.fit);

  const byPointer = useRef<string | null>(null);
  useComeNear(frame, placement, isPicture, byPointer);

  const open = useCallback(
    (id: string) => {
      const { panel } = store.getState();
      const tab = panel.kind === 'role' ? panel.tab : 'chat';
      store.setState({ panel: { kind: 'role', id, tab }, focusedId: id });
    },
    [store],
  );

  const point = (event: MouseEvent, id: string) => {
    if (isChoosing(event)) toggleChosen(store, id);
    else {
      byPointer.current = id;
      open(id);
    }
  };

  /** The message is in the chat of whoever was asked, with whoever asked. */
  const openHop = useCallback(
    ({ sourceId, targetId }: HopLineData) =>
      store.setState({ panel: { kind: 'role', id: targetId, tab: 'chat', talkWith: sourceId } }),
    [store],
  );

  const roleAt = (event: { clientX: number; clientY: number }) =>
    isPicture
      ? cardAt(placement, flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }), '')
      : null;

  const onPaneClick = (event: MouseEvent) => {
    const id = roleAt(event);
    if (id === null) store.setState({ panel: { kind: 'closed' } });
    else point(event, id);
  };

  const onPaneMouseMove = (event: MouseEvent) => {
    const pointedId = roleAt(event);
    if (pointedId !== store.getState().pointedId) store.setState({ pointedId });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (!target.dataset.roleId) return;
    const id = target.dataset.roleId;
    if (takeChartKey(tools, event, id)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      open(id);
      return;
    }
    const direction = ARROWS[event.key];
    if (!direction) return;
    event.preventDefault();
    const nextId = neighbourOf(roles, placement, id, direction);
    if (!nextId) return;
    store.setState({ focusedId: nextId });
  };

  return (
    <section
      ref={frame}
      data-board
      aria-label={say('board.orgChart')}
      className="relative h-full min-w-0 flex-1"
      onKeyDown={onKeyDown}
    >
      <ReactFlow
        nodes={nodes}
        nodeTypes={NODE_TYPES}
        onNodesChange={drag.onNodesChange}
        onNodeClick={(event, node) => point(event, node.id)}
        onNodeMouseEnter={(_, node) => store.setState({ pointedId: node.id })}
        onNodeMouseLeave={() => store.setState({ pointedId: null })}
        onNodeDragStart={drag.onStart}
        onNodeDrag={drag.onDrag}
        onNodeDragStop={drag.onStop}
        onMoveEnd={(event, at) => viewport.onMoved(at, event !== null)}
        onPaneClick={onPaneClick}
        onPaneMouseMove={isPicture ? onPaneMouseMove : undefined}
        minZoom={ZOOM.least}
        maxZoom={ZOOM.most}
        nodesConnectable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        selectionKeyCode={null}
        selectionOnDrag={false}
        multiSelectionKeyCode={null}
        zoomOnDoubleClick={false}
        nodeDragThreshold={4}
        proOptions={{ hideAttribution: false }}
      >
        {drawn && !isPicture ? <Dots rect={drawn.rect} /> : null}
        {drawn?.isPicture ? <ChartPicture window={drawn} placement={placement} /> : null}
        <ChartLines bonds={bonds} hops={hopLines} onOpenHop={openHop} />
      </ReactFlow>
      {isNarrow ? null : <OverviewMap placement={standing} />}
      {isPicture ? (
        <button
          type="button"
          className="sr-only focus:not-sr-only focus:absolute focus:top-16 focus:start-3 focus:z-10 focus:rounded-s focus:bg-raised focus:px-3 focus:py-2"
          onClick={() => focusChart(store)}
        >
          {say('board.zoomInToRoles')}
        </button>
      ) : null}
      <FilterBar isFloating />
      <WhyLine isFloating />
      <BulkBar />
      <BoardControls onFit={viewport.fit} onTidy={() => void tidyBoard(tools)} />
    </section>
  );
}

const shapeOf = oncePerRoles((roles) =>
  Object.values(roles)
    .map((r) => `${r.id}|${r.parentId}|${r.x}|${r.y}|${r.isCollapsed}|${r.name}`)
    .join('\n'),
);

/** Changes exactly when something changes that places or lines depend on. */
const useChartShape = (): string => useCanvas((canvas) => shapeOf(canvas.roles));

/**
 * A role that was gone to by key or from elsewhere is brought near enough to have a card, which takes the focus then. Where
 * somebody points, the board stays.
 */
function useComeNear(
  frame: { current: HTMLElement | null },
  placement: Placement,
  isPicture: boolean,
  byPointer: { current: string | null },
) {
  const flow = useReactFlow();
  const focusedId = useCanvas((canvas) => canvas.focusedId);
  const latest = useRef({ placement, isPicture });
  latest.current = { placement, isPicture };
  useEffect(() => {
    const at = focusedId ? latest.current.placement.get(focusedId) : undefined;
    const isPointed = byPointer.current === focusedId;
    byPointer.current = null;
    if (!at || isPointed) return;
    if (latest.current.isPicture) {
      void flow.setCenter(at.x + CARD.width / 2, at.y + CARD.height / 2, { zoom: NEAR_ZOOM });
    } else revealCard(flow, frame.current, at);
  }, [flow, frame, byPointer, focusedId]);
}

function useResized(onResized: () => void) {
  const frame = useRef<HTMLElement>(null);
  const latest = useRef(onResized);
  latest.current = onResized;
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const observer = new ResizeObserver(() => latest.current());
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return frame;
}

/** Asked for by the palette, which knows no board. */
function useFitWhenAsked(showAll: () => void) {
  const asked = useCanvas((canvas) => canvas.fitAsked);
  const done = useRef(asked);
  useEffect(() => {
    if (done.current === asked) return;
    done.current = asked;
    showAll();
  }, [asked, showAll]);
}

/** While the board is fitted, roles that appear stay in sight. */
function useFitOnGrowth(count: number, onResized: () => void) {
  const latest = useRef(onResized);
  latest.current = onResized;
  useEffect(() => {
    if (count === 0) return;
    const frame = requestAnimationFrame(() => latest.current());
    return () => cancelAnimationFrame(frame);
  }, [count]);
}

function revealCard(
  flow: ReturnType<typeof useReactFlow>,
  frame: HTMLElement | null,
  at: { x: number; y: number },
) {
  if (!frame) return;
  const { x, y, zoom } = flow.getViewport();
  const left = at.x * zoom + x;
  const top = at.y * zoom + y;
  const isSeen =
    left >= 0 &&
    top >= 0 &&
    left + CARD.width * zoom <= frame.clientWidth &&
    top + CARD.height * zoom <= frame.clientHeight;
  if (!isSeen) void flow.setCenter(at.x + CARD.width / 2, at.y + CARD.height / 2, { zoom });
}
