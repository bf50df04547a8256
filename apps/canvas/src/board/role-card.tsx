// Role card: one role on the board: who it is, how it is, what it does right now, and what answers in it.

import { Handle, type NodeProps, Position, useStore } from '@xyflow/react';
import { memo, useEffect, useRef } from 'react';
import { isFiltering, matchesFilter } from '../features/reorganise/model.ts';
import { engineWords } from '../features/workspaces/engine-words.ts';
import { IsolationMark } from '../features/workspaces/isolation-words.tsx';
import type { Role } from '../features/workspaces/model.ts';
import { captionOf, countWords } from '../features/workspaces/role-words.ts';
import { StatusBadge } from '../features/workspaces/status-badge.tsx';
import { STATUS_LOOKS, statusLabel, TONE_TEXT } from '../features/workspaces/status-look.ts';
import { say } from '../languages/say.ts';
import { useCanvas } from '../store/canvas-context.ts';
import { SimulatedMark } from '../ui/simulated-mark.tsx';
import type { RoleNode } from './build-graph.ts';

/** Further away than this, words can't be read: a card is its name and its state's colour. */
const FAR_ZOOM = 0.35;

export const RoleCard = memo(function RoleCard({ id }: NodeProps<RoleNode>) {
  const role = useCanvas((canvas) => canvas.roles[id]);
  const isOpen = useCanvas((canvas) => canvas.panel.kind === 'role' && canvas.panel.id === id);
  const isChosen = useCanvas((canvas) => canvas.chosenIds.has(id));
  const isDrop = useCanvas((canvas) => canvas.dropId === id);
  const isDimmed = useCanvas((canvas) => {
    const found = canvas.roles[id];
    return found !== undefined && isFiltering(canvas.filter) && !matchesFilter(found, canvas.filter);
  });
  const isFocused = useCanvas((canvas) => canvas.focusedId === id);
  const isFar = useStore((flow) => flow.transform[2] < FAR_ZOOM);
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isFocused) card.current?.focus({ preventScroll: true });
  }, [isFocused]);
  if (!role) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a real button can't be dragged in every browser
    <div
      ref={card}
      role="button"
      data-role-id={id}
      tabIndex={isFocused ? 0 : -1}
      aria-label={isChosen ? `${say('board.chosen')}. ${describeRole(role)}` : describeRole(role)}
      aria-expanded={isOpen}
      data-chosen={isChosen || undefined}
      className={`relative flex h-full w-full flex-col overflow-clip rounded-m border bg-surface px-3.5 py-3 text-start shadow-(--shadow-card) transition-[border-color] duration-(--motion-calm) ${borderOf(role, isOpen)} ${isChosen || isDrop ? 'outline-2 outline-motion' : ''} ${isDrop ? 'bg-motion-soft!' : ''} ${isDimmed ? 'opacity-30' : ''}`}
    >
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
      {isFar ? <FarFace role={role} /> : <NearFace role={role} />}
    </div>
  );
});

function FarFace({ role }: { role: Role }) {
  return (
    <span className={`line-clamp-2 text-display font-semibold ${TONE_TEXT[STATUS_LOOKS[role.status].tone]}`}>
      {role.name}
    </span>
  );
}

function NearFace({ role }: { role: Role }) {
  const isWorking = role.activeTasks > 0;
  return (
    <>
      <div className="flex items-start justify-between gap-2">
        <span className="truncate text-body font-semibold">{role.name}</span>
        <StatusBadge status={role.status} isBare />
      </div>
      <p
        className={`mt-1 mb-0 line-clamp-2 text-note ${isWorking && role.currentTask ? 'text-motion' : 'text-ink-soft'}`}
      >
        {captionOf(role)}
      </p>
      <div className="mt-auto flex items-center justify-between gap-2 text-note text-ink-soft">
        {role.isSimulated ? <SimulatedMark /> : <span className="truncate">{engineWords(role)}</span>}
        {isWorking ? (
          <span className="font-medium whitespace-nowrap text-motion">{countWords(role)}</span>
        ) : (
          <IsolationMark role={role} />
        )}
      </div>
      {isWorking ? (
        <span className="absolute inset-x-0 bottom-0 h-0.5 overflow-hidden bg-motion-soft">
          <span className="sweep block h-full w-1/3 bg-motion" />
        </span>
      ) : null}
    </>
  );
}

function borderOf(role: Role, isOpen: boolean): string {
  if (isOpen) return 'border-ink';
  if (role.activeTasks > 0) return 'border-motion';
  if (role.status === 'failed') return 'border-fail';
  if (role.status === 'degraded' || role.status === 'offline') return 'border-warn';
  if (role.status === 'online') return 'border-line hover:border-line-strong';
  return 'border-dashed border-line-strong';
}

function describeRole(role: Role): string {
  return [
    role.name,
    statusLabel(role.status),
    role.activeTasks > 0
      ? `${countWords(role)}: ${role.currentTask || say('board.working')}`
      : (role.purpose ?? ''),
    role.isSimulated ? say('board.rehearsalNoModel') : engineWords(role),
  ]
    .filter((part) => part !== '')
    .join('. ');
}
