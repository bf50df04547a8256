// Palette: every role and every action, found by typing.

import { tenant } from '@molecule/contracts';
import { Command, useCommandState } from 'cmdk';
import { type ReactNode, useMemo } from 'react';
import { LANGUAGES } from '../../languages/model.ts';
import { say } from '../../languages/say.ts';
import { chooseLanguage } from '../../languages/use-language.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import type { PanelTab } from '../../store/store.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { goToStep } from '../first-run/use-first-steps.ts';
import { askNewRole, askNewRoleHere } from '../new-role/ask-new-role.ts';
import { chooseAll } from '../reorganise/choose-roles.ts';
import { redoStep, undoStep } from '../reorganise/index.ts';
import { collapseAll, expandAll, hasTeam, revealRole, toggleTeam } from '../teams/collapse-team.ts';
import { THEMES } from '../theme/model.ts';
import { useTheme } from '../theme/use-theme.ts';
import type { Role, Roles } from '../workspaces/model.ts';
import { attempt, pauseRole, restartRole, resumeRole, tidyBoard } from '../workspaces/role-actions.ts';
import { STATUS_LOOKS, statusLabel, TONE_TEXT } from '../workspaces/status-look.ts';
import { rankMatch } from './rank-match.ts';

interface PaletteProps {
  isOpen: boolean;
  onClose: () => void;
  isOutline: boolean;
  onOutline: (isOutline: boolean) => void;
  onCheatSheet: () => void;
}

export function Palette({ isOpen, onClose, isOutline, onOutline, onCheatSheet }: PaletteProps) {
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title={say('palette.findARoleOr')}
      isTitleHidden
      className="w-[min(36rem,calc(100vw-2rem))]! overflow-hidden! p-0!"
    >
      <Command loop label={say('palette.findARoleOr')} filter={rankMatch}>
        <div className="flex items-center gap-3 border-b border-line px-4">
          <Icon name="search" className="text-ink-soft" />
          <Command.Input
            autoFocus
            placeholder={say('palette.findARoleOr')}
            className="h-12 w-full border-0 bg-transparent text-lead outline-none"
          />
        </div>
        <Command.List label={say('palette.found')} className="max-h-[52vh] overflow-y-auto p-2">
          <Command.Empty className="px-3 py-8 text-center text-ink-soft">
            {say('palette.nothingHasThatName')}
          </Command.Empty>
          <RoleItems onDone={onClose} />
          <OpenRoleItems onDone={onClose} />
          <BoardItems
            onDone={onClose}
            isOutline={isOutline}
            onOutline={onOutline}
            onCheatSheet={onCheatSheet}
          />
        </Command.List>
      </Command>
    </Dialog>
  );
}

function RoleItems({ onDone }: { onDone: () => void }) {
  const tools = useTools();
  const { store } = tools;
  const roles = useCanvas((canvas) => canvas.roles);
  const search = useCommandState((state) => state.search);
  const found = useMemo(() => findRoles(roles, search), [roles, search]);
  return (
    <Group heading={say('palette.roles')}>
      {found.map((role) => (
        <Item
          key={role.id}
          value={paletteValue(role)}
          keywords={keywordsOf(role)}
          icon={STATUS_LOOKS[role.status].icon}
          iconClass={TONE_TEXT[STATUS_LOOKS[role.status].tone]}
          hint={statusLabel(role.status)}
          onSelect={() => {
            onDone();
            void revealRole(tools, role.id);
            store.setState({ panel: { kind: 'role', id: role.id, tab: 'chat' }, focusedId: role.id });
          }}
        >
          {role.name}
        </Item>
      ))}
    </Group>
  );
}

/** Of an organisation of thousands, the best that fit a list. */
const ROLES_SHOWN = 60;

const paletteValue = (role: Role) => `${role.name}\n${role.id}`;
const keywordsOf = (role: Role) => [role.purpose ?? '', statusLabel(role.status), role.name];

function findRoles(roles: Roles, search: string): Role[] {
  const all = Object.values(roles);
  if (all.length <= ROLES_SHOWN) return all;
  return all
    .map((role) => ({
      role,
      rank: search === '' ? 1 : rankMatch(paletteValue(role), search, keywordsOf(role)),
    }))
    .filter(({ rank }) => rank > 0)
    .sort((a, b) => b.rank - a.rank)
    .slice(0, ROLES_SHOWN)
    .map(({ role }) => role);
}

const tabs = (): { tab: PanelTab; label: string; icon: IconName; words: string }[] => [
  { tab: 'chat', label: say('palette.chat'), icon: 'chat', words: 'talk ask' },
  { tab: 'activity', label: say('palette.activity'), icon: 'activity', words: '' },
  { tab: 'logs', label: say('palette.logs'), icon: 'list', words: '' },
  { tab: 'terminal', label: say('palette.terminal'), icon: 'keyboard', words: 'shell' },
  { tab: 'files', label: say('palette.files'), icon: 'folder', words: 'upload download' },
  { tab: 'memory', label: say('palette.memory'), icon: 'search', words: 'memories notes' },
  { tab: 'config', label: say('palette.config'), icon: 'pencil', words: 'settings yaml' },
  { tab: 'secrets', label: say('palette.secrets'), icon: 'key', words: 'keys' },
  { tab: 'skills', label: say('panel.skills'), icon: 'list', words: 'card abilities' },
  { tab: 'events', label: say('palette.events'), icon: 'list', words: 'audit' },
  { tab: 'details', label: say('palette.details'), icon: 'info', words: 'rename remove' },
];

const asks = () =>
  [
    { what: 'rename', words: 'rename name', icon: 'pencil', label: 'palette.renameRole' },
    { what: 'limit', words: 'limit budget spend money', icon: 'list', label: 'palette.limitRole' },
    { what: 'remove', words: 'remove delete', icon: 'trash', label: 'palette.removeRole' },
  ] as const;

/** What can be done to the role whose panel is open. */
function OpenRoleItems({ onDone }: { onDone: () => void }) {
  const tools = useTools();
  const role = useCanvas((canvas) =>
    canvas.panel.kind === 'role' ? canvas.roles[canvas.panel.id] : undefined,
  );
  if (!role) return null;
  const show = (tab: PanelTab) => {
    tools.store.setState({ panel: { kind: 'role', id: role.id, tab } });
    onDone();
  };
  const act = (action: () => Promise<unknown>) => {
    onDone();
    void action();
  };
  const isPaused = role.status === 'paused';
  return (
    <Group heading={role.name}>
      {tabs().map(({ tab, label, icon, words }) => (
        <Item key={tab} value={`${tab} ${words}`} icon={icon} onSelect={() => show(tab)}>
          {say('palette.tabOf', { tab: label, role: role.name })}
        </Item>
      ))}
      <Item
        value="move reorganise manager reports to"
        icon="board"
        onSelect={() => {
          onDone();
          tools.store.setState({ moving: { ids: [role.id], to: undefined } });
        }}
      >
        {say('palette.moveRole', { role: role.name })}
      </Item>
      <Item
        value="new report add below team"
        icon="plus"
        onSelect={() => {
          onDone();
          askNewRole(tools, role.id);
        }}
      >
        {say('newRole.below', { role: role.name })}
      </Item>
      {asks().map(({ what, words, icon, label }) => (
        <Item
          key={what}
          value={words}
          icon={icon}
          onSelect={() => {
            onDone();
            tools.store.setState({ asking: { id: role.id, what } });
          }}
        >
          {say(label, { role: role.name })}
        </Item>
      ))}
      {hasTeam(tools, role.id) ? (
        <Item
          value="collapse expand team fold"
          icon={role.isCollapsed ? 'plus' : 'minus'}
          hint="C"
          onSelect={() => act(() => toggleTeam(tools, role.id))}
        >
          {say(role.isCollapsed ? 'teams.expand' : 'teams.collapse', { name: role.name })}
        </Item>
      ) : null}
      {isPaused ? (
        <Item value="resume" icon="play" onSelect={() => act(() => resumeRole(tools, role.id))}>
          {say('palette.resumeRole', { role: role.name })}
        </Item>
      ) : (
        <>
          <Item value="restart" icon="restart" onSelect={() => act(() => restartRole(tools, role.id))}>
            {say('palette.restartRole', { role: role.name })}
          </Item>
          <Item value="pause" icon="paused" onSelect={() => act(() => pauseRole(tools, role.id))}>
            {say('palette.pauseRole', { role: role.name })}
          </Item>
        </>
      )}
    </Group>
  );
}

function BoardItems({
  onDone,
  isOutline,
  onOutline,
  onCheatSheet,
}: Omit<PaletteProps, 'isOpen' | 'onClose'> & { onDone: () => void }) {
  const tools = useTools();
  const isOpenServer = useCanvas((canvas) => canvas.tenant?.is_open ?? false);
  const last = useCanvas((canvas) => canvas.steps.past.at(-1));
  const next = useCanvas((canvas) => canvas.steps.future.at(-1));
  const [, chooseTheme] = useTheme();
  const then = (action: () => void) => () => {
    onDone();
    action();
  };
  const signOut = async () => {
    const isOut = await attempt(tools, say('palette.youAreStillSigned'), () => tools.call(tenant.signOut));
    if (isOut) location.reload();
  };
  return (
    <Group heading={say('palette.canvas')}>
      <Item
        value="new role add create hire workspace agent"
        icon="plus"
        hint="N"
        onSelect={then(() => askNewRoleHere(tools))}
      >
        {say('newRole.open')}
      </Item>
      <Item
        value="organisation activity feed"
        icon="activity"
        onSelect={then(() => tools.store.setState({ panel: { kind: 'organisation' } }))}
      >
        {say('palette.activityOfTheOrganisation')}
      </Item>
      <Item
        value="spend money budget cost who spent what"
        icon="list"
        onSelect={then(() => tools.store.setState({ panel: { kind: 'organisation', part: 'spend' } }))}
      >
        {say('spend.title')}
      </Item>
      <Item
        value="approvals inbox requests"
        icon="inbox"
        hint="I"
        onSelect={then(() => tools.store.setState({ panel: { kind: 'approvals' } }))}
      >
        {say('palette.approvalsThatWait')}
      </Item>
      <Item
        value="secrets tokens keys of every role"
        icon="key"
        onSelect={then(() => tools.store.setState({ panel: { kind: 'keys' } }))}
      >
        {say('palette.secretsAndTokens')}
      </Item>
      <Item
        value="memory of the organisation suggestions forget receipts"
        icon="pin"
        onSelect={then(() => tools.store.setState({ panel: { kind: 'memory' } }))}
      >
        {say('memoryCare.title')}
      </Item>
      <Item
        value="outline board"
        icon={isOutline ? 'board' : 'list'}
        onSelect={then(() => onOutline(!isOutline))}
      >
        {isOutline ? say('palette.showTheBoard') : say('palette.showTheOutline')}
      </Item>
      <Item value="undo back" icon="undo" onSelect={then(() => void undoStep(tools))}>
        {last ? say('board.undoLast', { last: last.label }) : say('board.nothingToUndo')}
      </Item>
      <Item value="redo again" icon="redo" onSelect={then(() => void redoStep(tools))}>
        {next ? say('board.doAgainNext', { next: next.label }) : say('board.nothingToDoAgain')}
      </Item>
      <Item value="choose all select roles" icon="list" onSelect={then(() => chooseAll(tools.store))}>
        {say('palette.chooseAll')}
      </Item>
      {isOutline ? null : (
        <Item
          value="fit everything zoom whole board"
          icon="fit"
          onSelect={then(() => tools.store.setState(({ fitAsked }) => ({ fitAsked: fitAsked + 1 })))}
        >
          {say('board.fitEverything')}
        </Item>
      )}
      <Item value="tidy up layout" icon="tidy" onSelect={then(() => void tidyBoard(tools))}>
        {say('palette.tidyUpTheBoard')}
      </Item>
      <Item value="collapse all teams fold" icon="minus" onSelect={then(() => void collapseAll(tools))}>
        {say('teams.collapseAll')}
      </Item>
      <Item value="expand all teams unfold" icon="plus" onSelect={then(() => void expandAll(tools))}>
        {say('teams.expandAll')}
      </Item>
      {THEMES.map((theme) => (
        <Item
          key={theme}
          value={`theme ${theme}`}
          icon={theme === 'system' ? 'system' : theme === 'light' ? 'sun' : 'moon'}
          onSelect={then(() => chooseTheme(theme))}
        >
          {say('palette.theme', { theme })}
        </Item>
      ))}
      {LANGUAGES.map(({ tag, name }) => (
        <Item key={tag} value={`language ${tag}`} icon="chat" onSelect={then(() => void chooseLanguage(tag))}>
          {say('palette.language', { name })}
        </Item>
      ))}
      <Item value="first steps walkthrough tour help" icon="info" onSelect={then(() => goToStep('open'))}>
        {say('palette.firstSteps')}
      </Item>
      <Item value="keyboard shortcuts help" icon="keyboard" hint="?" onSelect={then(onCheatSheet)}>
        {say('palette.keyboardShortcuts')}
      </Item>
      {isOpenServer ? null : (
        <Item value="sign out" icon="close" onSelect={then(() => void signOut())}>
          {say('palette.signOut')}
        </Item>
      )}
    </Group>
  );
}

function Group({ heading, children }: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={heading}
      className="[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-note [&_[cmdk-group-heading]]:text-ink-soft"
    >
      {children}
    </Command.Group>
  );
}

interface ItemProps {
  value: string;
  keywords?: string[];
  icon: IconName;
  iconClass?: string;
  hint?: string;
  onSelect: () => void;
  children: ReactNode;
}

function Item({ value, keywords, icon, iconClass = 'text-ink-soft', hint, onSelect, children }: ItemProps) {
  return (
    <Command.Item
      value={value}
      keywords={[...(keywords ?? []), ...(typeof children === 'string' ? [children] : [])]}
      onSelect={onSelect}
      className="flex cursor-pointer items-center gap-3 rounded-s px-3 py-2 data-[selected=true]:bg-sunken"
    >
      <Icon name={icon} className={iconClass} />
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {hint ? <span className="text-note text-ink-soft">{hint}</span> : null}
    </Command.Item>
  );
}
