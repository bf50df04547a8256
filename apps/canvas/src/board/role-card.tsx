// Role card: one role on the board: who it is, how it is, what it does right now, and what answers in it.

import { type NodeProps, useStore } from '@xyflow/react';
import { memo, useEffect, useRef } from 'react';
import { isDimmed as isLeftOut } from '../features/reorganise/model.ts';
import { shareOf, spendState } from '../features/spend/model.ts';
import { moneyWords } from '../features/spend/spend-words.ts';
import { toggleTeam } from '../features/teams/collapse-team.ts';
import { type HiddenTeam, teamsOf } from '../features/teams/model.ts';
import { hiddenWords } from '../features/teams/team-words.ts';
import { engineWords } from '../features/workspaces/engine-words.ts';
import { IsolationMark } from '../features/workspaces/isolation-words.tsx';
import type { Role } from '../features/workspaces/model.ts';
import { captionOf, countWords } from '../features/workspaces/role-words.ts';
import { StatusBadge } from '../features/workspaces/status-badge.tsx';
import { STATUS_LOOKS, statusLabel, TONE_TEXT } from '../features/workspaces/status-look.ts';
import { say } from '../languages/say.ts';
import { numberWords } from '../languages/value-words.ts';
import { useCanvas, useTools } from '../store/canvas-context.ts';
import { Icon } from '../ui/icon.tsx';
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
    return found !== undefined && isLeftOut(canvas.roles, found, canvas.filter);
  });
  const isFocused = useCanvas((canvas) => canvas.focusedId === id);
  const hasTeam = useCanvas((canvas) => teamsOf(canvas.roles).whole.has(id));
  const hidden = useCanvas((canvas) => teamsOf(canvas.roles).hidden.get(id));
  const isFar = useStore((flow) => flow.transform[2] < FAR_ZOOM);
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isFocused && mayTakeFocus(card.current)) card.current?.focus({ preventScroll: true });
  }, [isFocused]);
  if (!role) return null;
  const words = hidden ? `${describeRole(role)}. ${hiddenWords(hidden)}` : describeRole(role);
  return (
    <div className={`relative h-full w-full ${isDimmed ? 'opacity-30' : ''}`}>
      {/* biome-ignore lint/a11y/useSemanticElements: a real button can't be dragged in every browser */}
      <div
        ref={card}
        role="button"
        data-role-id={id}
        tabIndex={isFocused ? 0 : -1}
        aria-label={isChosen ? `${say('board.chosen')}. ${words}` : words}
        aria-expanded={isOpen}
        data-chosen={isChosen || undefined}
        data-collapsed={hidden !== undefined || undefined}
        className={`relative flex h-full w-full flex-col overflow-clip rounded-m border bg-surface px-3.5 py-3 text-start transition-[border-color] duration-(--motion-calm) ${hidden ? 'shadow-(--shadow-stack)' : 'shadow-(--shadow-card)'} ${borderOf(role, isOpen)} ${isChosen || isDrop ? 'outline-2 outline-motion' : ''} ${isDrop ? 'bg-motion-soft!' : ''}`}
      >
        {isFar ? <FarFace role={role} /> : <NearFace role={role} hidden={hidden} />}
      </div>
      {hasTeam && !isFar ? <TeamToggle role={role} isCollapsed={hidden !== undefined} /> : null}
    </div>
  );
});

/** Whoever writes in the panel keeps the focus, also when a card comes into sight. */
function mayTakeFocus(card: HTMLElement | null): boolean {
  const active = document.activeElement;
  return !active || active === document.body || card?.closest('[data-board]')?.contains(active) === true;
}

/** By keyboard: C on the card. */
function TeamToggle({ role, isCollapsed }: { role: Role; isCollapsed: boolean }) {
  const tools = useTools();
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={say(isCollapsed ? 'teams.expand' : 'teams.collapse', { name: role.name })}
      title={say(isCollapsed ? 'teams.expand' : 'teams.collapse', { name: role.name })}
      onClick={(event) => {
        event.stopPropagation();
        void toggleTeam(tools, role.id);
      }}
      className="nodrag nopan absolute -bottom-3 start-1/2 flex size-6 -translate-x-1/2 items-center justify-center rounded-round border border-line bg-raised text-ink-soft hover:border-line-strong hover:text-ink"
    >
      <Icon name={isCollapsed ? 'plus' : 'minus'} className="size-3!" />
    </button>
  );
}

function FarFace({ role }: { role: Role }) {
  return (
    <span className={`line-clamp-2 text-display font-semibold ${TONE_TEXT[STATUS_LOOKS[role.status].tone]}`}>
      {role.name}
    </span>
  );
}

function NearFace({ role, hidden }: { role: Role; hidden: HiddenTeam | undefined }) {
  const isWorking = role.activeTasks > 0;
  return (
    <>
      <div className="flex items-start justify-between gap-2">
        <span className="truncate text-body font-semibold">{role.name}</span>
        <StatusBadge status={role.status} isBare />
      </div>
      <p
        className={`mt-1 mb-0 text-note ${hidden ? 'truncate' : 'line-clamp-2'} ${isWorking && role.currentTask ? 'text-motion' : 'text-ink-soft'}`}
      >
        {captionOf(role)}
      </p>
      {hidden ? <p className="mt-auto mb-0 truncate text-note font-medium">{hiddenWords(hidden)}</p> : null}
      <div className="mt-auto flex items-center justify-between gap-2 text-note text-ink-soft">
        {role.isSimulated ? (
          <SimulatedMark isShort={isMoneyTold(role) || role.queueDepth > 0} />
        ) : (
          <span className="truncate">{engineWords(role)}</span>
        )}
        {role.queueDepth > 0 ? (
          <span className="flex items-center gap-1 whitespace-nowrap text-motion" title={waitingWords(role)}>
            <Icon name="inbox" className="size-3.5!" />
            {numberWords(role.queueDepth)}
          </span>
        ) : null}
        <SpendMark role={role} />
        {isWorking ? (
          <span className="font-medium whitespace-nowrap text-motion">{countWords(role)}</span>
        ) : (
          <span className="flex gap-1.5 whitespace-nowrap">
            {role.tier > 0 ? (
              <span title={say('workspaces.tierOf', { tier: role.tier })}>
                {say('workspaces.tierShort', { tier: role.tier })}
              </span>
            ) : null}
            <IsolationMark role={role} />
          </span>
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

const isMoneyTold = (role: Role) => role.spendCents > 0 || role.budgetCents !== null;

/** In colour and with a sign when it runs out. */
function SpendMark({ role }: { role: Role }) {
  if (!isMoneyTold(role)) return null;
  const state = spendState(shareOf(role));
  return (
    <span
      className={`flex items-center gap-1 whitespace-nowrap ${state === 'over' ? 'text-fail' : state === 'near' ? 'text-warn' : ''}`}
      title={spendWords(role)}
    >
      {state === 'over' ? <Icon name="failed" className="size-3.5!" /> : null}
      {moneyWords(role.spendCents)}
    </span>
  );
}

const waitingWords = (role: Role) => say('workspaces.waitingMessages', { count: role.queueDepth });

const spendWords = (role: Role) =>
  role.budgetCents === null
    ? say('spend.spentThisMonth', { spent: moneyWords(role.spendCents) })
    : say('spend.spentOf', { spent: moneyWords(role.spendCents), limit: moneyWords(role.budgetCents) });

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
    role.tier > 0 ? say('workspaces.tierOf', { tier: role.tier }) : '',
    role.queueDepth > 0 ? waitingWords(role) : '',
    isMoneyTold(role) ? spendWords(role) : '',
  ]
    .filter((part) => part !== '')
    .join('. ');
}
