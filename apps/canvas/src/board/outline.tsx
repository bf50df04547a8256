// Outline: the org chart as a tree of lines, equal in power to the board, for screen readers and small screens.

import { type KeyboardEvent, type MouseEvent, useMemo } from 'react';
import { BulkBar } from '../features/reorganise/bulk-bar.tsx';
import { isChoosing, takeChartKey, toggleChosen } from '../features/reorganise/choose-roles.ts';
import { FilterBar } from '../features/reorganise/filter-bar.tsx';
import { isFiltering, matchesFilter } from '../features/reorganise/model.ts';
import { hasTeam, setCollapsed, toggleTeam } from '../features/teams/collapse-team.ts';
import { teamsOf } from '../features/teams/model.ts';
import { hiddenWords } from '../features/teams/team-words.ts';
import { IsolationMark } from '../features/workspaces/isolation-words.tsx';
import type { Role } from '../features/workspaces/model.ts';
import { captionOf } from '../features/workspaces/role-words.ts';
import { StatusBadge } from '../features/workspaces/status-badge.tsx';
import { say } from '../languages/say.ts';
import { type CanvasTools, useCanvas, useTools } from '../store/canvas-context.ts';
import { Icon } from '../ui/icon.tsx';
import { SimulatedMark } from '../ui/simulated-mark.tsx';
import { NewRoleButton, UndoButtons } from './board-controls.tsx';
import { treeLines } from './tree-lines.ts';
import { WhyLine } from './why-line.tsx';

export function Outline() {
  const tools = useTools();
  const { store } = tools;
  const roles = useCanvas((canvas) => canvas.roles);
  const focusedId = useCanvas((canvas) => canvas.focusedId);
  const openId = useCanvas((canvas) => (canvas.panel.kind === 'role' ? canvas.panel.id : null));
  const filter = useCanvas((canvas) => canvas.filter);
  const chosenIds = useCanvas((canvas) => canvas.chosenIds);
  // What is looked for is found below collapsed teams too.
  const lines = useMemo(() => {
    const { whole, visible } = teamsOf(roles);
    if (!isFiltering(filter)) return treeLines(visible);
    return treeLines(whole).filter(({ role }) => matchesFilter(role, filter));
  }, [roles, filter]);
  const currentId = focusedId && roles[focusedId] ? focusedId : lines[0]?.role.id;
  const open = (id: string) => {
    const { panel } = store.getState();
    store.setState({
      panel: { kind: 'role', id, tab: panel.kind === 'role' ? panel.tab : 'chat' },
      focusedId: id,
    });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const { roleId } = (event.target as HTMLElement).dataset;
    if (roleId && takeChartKey(tools, event, roleId)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    const at = lines.findIndex((line) => line.role.id === (event.target as HTMLElement).dataset.roleId);
    if (at < 0) return;
    if (takeTeamKey(tools, event.key, lines[at]?.role)) {
      event.preventDefault();
      return;
    }
    const next = nextLine(event.key, at, lines);
    if (next === undefined) return;
    event.preventDefault();
    store.setState({ focusedId: next });
    event.currentTarget.querySelector<HTMLElement>(`[data-role-id="${CSS.escape(next)}"]`)?.focus();
  };
  return (
    <section aria-label={say('board.outline')} className="relative flex h-full min-w-0 flex-1 flex-col">
      <FilterBar isFloating={false} />
      <div
        role="tree"
        aria-multiselectable="true"
        aria-label={say('board.orgChart')}
        onKeyDown={onKeyDown}
        className="min-h-0 flex-1 overflow-y-auto bg-paper px-4 py-3 max-[720px]:px-2"
      >
        {lines.map(({ role, depth }) => (
          <OutlineLine
            key={role.id}
            role={role}
            depth={depth}
            isOpen={openId === role.id}
            isCurrent={currentId === role.id}
            isChosen={chosenIds.has(role.id)}
            onOpen={(event) => (event && isChoosing(event) ? toggleChosen(store, role.id) : open(role.id))}
            onPoint={(isOn) => store.setState({ pointedId: isOn ? role.id : null })}
          />
        ))}
      </div>
      <BulkBar />
      <div className="flex items-center gap-3 border-t border-line bg-paper px-3">
        <div role="toolbar" aria-label={say('board.steps')} className="flex">
          <UndoButtons />
          <NewRoleButton />
        </div>
        <WhyLine isFloating={false} />
      </div>
    </section>
  );
}

/** Right expands a collapsed team, left collapses one that is shown; elsewhere they go up and down the tree. */
function takeTeamKey(tools: CanvasTools, key: string, role: Role | undefined): boolean {
  if (!role || !hasTeam(tools, role.id)) return false;
  if (key !== (role.isCollapsed ? 'ArrowRight' : 'ArrowLeft')) return false;
  void setCollapsed(tools, [role.id], !role.isCollapsed);
  return true;
}

function nextLine(key: string, at: number, lines: ReturnType<typeof treeLines>): string | undefined {
  if (key === 'ArrowDown') return lines[at + 1]?.role.id;
  if (key === 'ArrowUp') return lines[at - 1]?.role.id;
  if (key === 'Home') return lines[0]?.role.id;
  if (key === 'End') return lines.at(-1)?.role.id;
  if (key === 'ArrowRight') {
    const below = lines[at + 1];
    return below && below.depth > (lines[at]?.depth ?? 0) ? below.role.id : undefined;
  }
  if (key === 'ArrowLeft') return lines[at]?.role.parentId ?? undefined;
  return undefined;
}

interface OutlineLineProps {
  role: Role;
  depth: number;
  isOpen: boolean;
  isCurrent: boolean;
  isChosen: boolean;
  onOpen: (event?: MouseEvent) => void;
  onPoint: (isOn: boolean) => void;
}

function OutlineLine({ role, depth, isOpen, isCurrent, isChosen, onOpen, onPoint }: OutlineLineProps) {
  const hasReports = useCanvas((canvas) => teamsOf(canvas.roles).whole.has(role.id));
  const hidden = useCanvas((canvas) => teamsOf(canvas.roles).hidden.get(role.id));
  const isWorking = role.activeTasks > 0;
  return (
    <div
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={isChosen}
      aria-current={isOpen || undefined}
      aria-expanded={hasReports ? !role.isCollapsed : undefined}
      data-role-id={role.id}
      tabIndex={isCurrent ? 0 : -1}
      onClick={onOpen}
      data-chosen={isChosen || undefined}
      onPointerEnter={() => onPoint(true)}
      onPointerLeave={() => onPoint(false)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        onOpen();
      }}
      className={`mb-1.5 cursor-pointer [contain-intrinsic-size:auto_3.75rem] [content-visibility:auto] rounded-m border px-3.5 py-2.5 ${isOpen ? 'border-ink' : isWorking ? 'border-motion' : 'border-line'} ${isChosen ? 'bg-motion-soft' : 'bg-surface'}`}
      style={{ marginInlineStart: `${Math.min(depth, 6) * 1.25}rem` }}
    >
      <div className="flex items-center justify-between gap-3">
        <span className="flex min-w-0 items-center gap-1.5">
          {hasReports ? <TeamMark role={role} /> : null}
          <span className="truncate font-semibold">{role.name}</span>
          {hidden ? (
            <span className="truncate text-note font-medium text-ink-soft">{hiddenWords(hidden)}</span>
          ) : null}
        </span>
        <StatusBadge status={role.status} isBare />
      </div>
      <div className="mt-0.5 flex items-center justify-between gap-3 text-note">
        <span className={`truncate ${isWorking ? 'text-motion' : 'text-ink-soft'}`}>{captionOf(role)}</span>
        <span className="flex items-center gap-2">
          <IsolationMark role={role} />
          {role.isSimulated ? <SimulatedMark isShort /> : null}
        </span>
      </div>
    </div>
  );
}

/** For the pointer; the tree says by itself what is expanded, and the arrow keys change it. */
function TeamMark({ role }: { role: Role }) {
  const tools = useTools();
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a tree item may hold no other control; its keys do the same
    // biome-ignore lint/a11y/useKeyWithClickEvents: as above
    <span
      title={say(role.isCollapsed ? 'teams.expand' : 'teams.collapse', { name: role.name })}
      className="-m-1 flex size-6 shrink-0 items-center justify-center rounded-s text-ink-soft hover:bg-sunken hover:text-ink"
      onClick={(event) => {
        event.stopPropagation();
        void toggleTeam(tools, role.id);
      }}
    >
      <Icon name={role.isCollapsed ? 'plus' : 'minus'} className="size-3!" />
    </span>
  );
}
