// Board: the live org chart. React Flow draws and pans; where cards stand and what lines run is decided in pure files.

import {
  Background,
  BackgroundVariant,
  MiniMap,
  type NodeChange,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react';
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { BulkBar } from '../features/reorganise/bulk-bar.tsx';
import { isChoosing, takeChartKey, toggleChosen } from '../features/reorganise/choose-roles.ts';
import { FilterBar } from '../features/reorganise/filter-bar.tsx';
import { tidyBoard } from '../features/workspaces/role-actions.ts';
import { say } from '../languages/say.ts';
import { useCanvas, useTools } from '../store/canvas-context.ts';
import { NARROW, useMedia } from '../ui/use-media.ts';
import { BoardControls } from './board-controls.tsx';
import {
  buildBonds,
  buildHops,
  buildNodes,
  type Direction,
  neighbourOf,
  placeRoles,
  type RoleNode,
} from './build-graph.ts';
import { BondLine, HopLine } from './edges.tsx';
import { CARD, toChosenPlace } from './layout.ts';
import { MiniRole } from './mini-role.tsx';
import { RoleCard } from './role-card.tsx';
import { useDragToNest } from './use-drag-to-nest.ts';
import { useViewport } from './use-viewport.ts';
import { WhyLine } from './why-line.tsx';

const NODE_TYPES = { role: RoleCard };
const EDGE_TYPES = { bond: BondLine, hop: HopLine };
const MINIMAP = { width: 176, height: 112 };
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
  const placement = useMemo(() => placeRoles(store.getState().roles, moved), [shape, moved]);
  const nodes = useMemo(() => buildNodes(placement), [placement]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  const bonds = useMemo(() => buildBonds(store.getState().roles, placement), [shape, placement]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: names and parents are all that hops read of `roles`
  const hopEdges = useMemo(
    () => buildHops(hops, store.getState().roles, placement),
    [hops, placement, shape],
  );
  const edges = useMemo(() => [...bonds, ...hopEdges], [bonds, hopEdges]);
  const viewport = useViewport(isRead && nodes.length > 0);
  const frame = useResized(viewport.onResized);
  useFitOnGrowth(nodes.length, viewport.onResized);

  const open = useCallback(
    (id: string) => {
      const { panel } = store.getState();
      const tab = panel.kind === 'role' ? panel.tab : 'chat';
      store.setState({ panel: { kind: 'role', id, tab }, focusedId: id });
    },
    [store],
  );

  const onNodesChange = useCallback(
    (changes: NodeChange<RoleNode>[]) => {
      const moves = changes.filter(
        (change) => change.type === 'position' && change.dragging && change.position,
      );
      if (moves.length === 0) return;
      const state = store.getState();
      const next = { ...state.moved };
      for (const change of moves) {
        if (change.type !== 'position' || !change.position) continue;
        const managerId = state.roles[change.id]?.parentId;
        const manager = (managerId ? placement.get(managerId) : undefined) ?? { x: 0, y: 0 };
        next[change.id] = toChosenPlace({
          x: change.position.x - manager.x,
          y: change.position.y - manager.y,
        });
      }
      store.setState({ moved: next });
    },
    [store, placement],
  );

  const drag = useDragToNest(placement);

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (!target.dataset.roleId) return;
    const id = target.dataset.roleId;
    if (takeChartKey(store, event, id)) {
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
    const at = nextId ? placement.get(nextId) : undefined;
    if (!nextId || !at) return;
    store.setState({ focusedId: nextId });
    revealCard(flow, frame.current, at);
  };

  return (
    <section
      ref={frame}
      aria-label={say('board.orgChart')}
      className="relative h-full min-w-0 flex-1"
      onKeyDown={onKeyDown}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodesChange={onNodesChange}
        onNodeClick={(event, node) => (isChoosing(event) ? toggleChosen(store, node.id) : open(node.id))}
        onNodeMouseEnter={(_, node) => store.setState({ pointedId: node.id })}
        onNodeMouseLeave={() => store.setState({ pointedId: null })}
        onNodeDragStart={drag.onStart}
        onNodeDrag={drag.onDrag}
        onNodeDragStop={drag.onStop}
        onMoveEnd={(event, at) => viewport.onMoved(at, event !== null)}
        onPaneClick={() => store.setState({ panel: { kind: 'closed' } })}
        minZoom={0.1}
        maxZoom={2}
        nodesConnectable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        selectionKeyCode={null}
        selectionOnDrag={false}
        multiSelectionKeyCode={null}
        zoomOnDoubleClick={false}
        nodeDragThreshold={4}
        onlyRenderVisibleElements={nodes.length > 150}
        proOptions={{ hideAttribution: false }}
      >
        <Background variant={BackgroundVariant.Dots} gap={24} size={1.5} />
        {isNarrow ? null : (
          <MiniMap
            pannable
            zoomable
            ariaLabel="Overview map"
            nodeComponent={MiniRole}
            className="end-4! bottom-4! m-0!"
            style={MINIMAP}
          />
        )}
      </ReactFlow>
      <FilterBar isFloating />
      <WhyLine isFloating />
      <BulkBar />
      <BoardControls onFit={viewport.fit} onTidy={() => void tidyBoard(tools)} />
    </section>
  );
}

/** Changes exactly when something changes that places or lines depend on. */
function useChartShape(): string {
  return useCanvas(
    useShallow((canvas) =>
      Object.values(canvas.roles).map((r) => `${r.id}|${r.parentId}|${r.x}|${r.y}|${r.name}`),
    ),
  ).join('\n');
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
