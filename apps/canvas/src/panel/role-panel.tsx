// Role panel: one role, in tabs. A tab stands here only when the server can fill it.

import { Tabs } from 'radix-ui';
import { type ComponentType, lazy, type ReactNode, Suspense } from 'react';
import { ActivityTab, Reading } from '../features/activity/activity-tab.tsx';
import { PendingStrip } from '../features/approvals/pending-strip.tsx';
import { RoleApprovals } from '../features/approvals/role-approvals.tsx';
import { ChatTab } from '../features/chat/chat-tab.tsx';
import { LogsTab } from '../features/logs/logs-tab.tsx';
import { TerminalTab } from '../features/terminal/terminal-tab.tsx';
import { DetailsTab } from '../features/workspaces/details-tab.tsx';
import type { Role } from '../features/workspaces/model.ts';
import { StatusBadge } from '../features/workspaces/status-badge.tsx';
import { say } from '../languages/say.ts';
import { useCanvas, useTools } from '../store/canvas-context.ts';
import type { PanelTab } from '../store/store.ts';
import { Empty } from '../ui/empty.tsx';
import { NotLoaded } from '../ui/not-loaded.tsx';
import { SimulatedMark } from '../ui/simulated-mark.tsx';
import { PanelFrame } from './panel-frame.tsx';

const notLoaded = () => ({ default: NotLoaded });
const FilesTab = lazy(() => import('../features/files/files-tab.tsx').catch(notLoaded));
const MemoryTab = lazy(() => import('../features/memories/memory-tab.tsx').catch(notLoaded));
const ConfigTab = lazy(() => import('../features/config/config-tab.tsx').catch(notLoaded));
const SecretsTab = lazy(() => import('../features/secrets/secrets-tab.tsx').catch(notLoaded));
const SkillsTab = lazy(() => import('../features/skills/skills-tab.tsx').catch(notLoaded));
const EventsTab = lazy(() => import('../features/events/event-list.tsx').catch(notLoaded));

const WIDE: readonly PanelTab[] = ['logs', 'terminal', 'files', 'memory', 'config', 'events'];
const tabs = (): { tab: PanelTab; label: string }[] => [
  { tab: 'chat', label: say('panel.chat') },
  { tab: 'activity', label: say('panel.activity') },
  { tab: 'logs', label: say('panel.logs') },
  { tab: 'terminal', label: say('panel.terminal') },
  { tab: 'files', label: say('panel.files') },
  { tab: 'memory', label: say('panel.memory') },
  { tab: 'config', label: say('panel.config') },
  { tab: 'secrets', label: say('panel.secrets') },
  { tab: 'skills', label: say('panel.skills') },
  { tab: 'events', label: say('panel.events') },
  { tab: 'details', label: say('panel.details') },
];

export function RolePanel({ id, tab }: { id: string; tab: PanelTab }) {
  const { store } = useTools();
  const role = useCanvas((canvas) => canvas.roles[id]);
  if (!role) {
    return (
      <PanelFrame
        label={say('panel.role')}
        heading={<h2 className="m-0 text-lead font-semibold">{say('panel.gone')}</h2>}
      >
        <Empty icon="trash" title={say('panel.thisRoleWasRemoved')}>
          {say('panel.chooseAnotherOneOn')}
        </Empty>
      </PanelFrame>
    );
  }
  return (
    <PanelFrame
      label={role.name}
      isWide={WIDE.includes(tab)}
      heading={
        <>
          <h2 className="m-0 truncate text-lead font-semibold">{role.name}</h2>
          <p className="mt-0.5 mb-0 flex items-center gap-3">
            <StatusBadge status={role.status} isBare />
            {role.isSimulated ? <SimulatedMark /> : null}
          </p>
        </>
      }
    >
      <PendingStrip roleId={role.id} />
      <Tabs.Root
        value={tab}
        onValueChange={(next) => store.setState({ panel: { kind: 'role', id, tab: next as PanelTab } })}
        className="flex min-h-0 flex-1 flex-col"
      >
        <Tabs.List
          aria-label={say('panel.aboutThisRole')}
          className="flex flex-wrap gap-x-1 gap-y-0.5 border-b border-line px-3 pb-2"
        >
          {tabs().map(({ tab: name, label }) => (
            <Tabs.Trigger
              key={name}
              value={name}
              className="h-8 rounded-s px-2 font-medium text-ink-soft hover:text-ink data-[state=active]:bg-sunken data-[state=active]:text-ink"
            >
              {label}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <Page name="chat">
          <ChatTab key={role.id} role={role} />
        </Page>
        <Page name="activity">
          <div className="min-h-0 flex-1 overflow-y-auto">
            <ActivityTab roleId={role.id} />
          </div>
        </Page>
        <Page name="logs">
          <LogsTab key={role.id} role={role} />
        </Page>
        <Page name="terminal">
          <TerminalTab key={role.id} role={role} />
        </Page>
        <Page name="files">
          <LazyTab of={FilesTab} role={role} />
        </Page>
        <Page name="memory">
          <LazyTab of={MemoryTab} role={role} />
        </Page>
        <Page name="config">
          <LazyTab of={ConfigTab} role={role} />
        </Page>
        <Page name="secrets">
          <LazyTab of={SecretsTab} role={role} />
        </Page>
        <Page name="skills">
          <LazyTab of={SkillsTab} role={role} />
        </Page>
        <Page name="events">
          <LazyTab of={EventsTab} role={role} />
        </Page>
        <Page name="details">
          <DetailsTab role={role}>
            <RoleApprovals role={role} />
          </DetailsTab>
        </Page>
      </Tabs.Root>
    </PanelFrame>
  );
}

/** Fetched when it is first opened. */
function LazyTab({ of: Tab, role }: { of: ComponentType<{ role: Role }>; role: Role }) {
  return (
    <Suspense fallback={<Reading />}>
      <Tab key={role.id} role={role} />
    </Suspense>
  );
}

function Page({ name, children }: { name: PanelTab; children: ReactNode }) {
  return (
    <Tabs.Content
      value={name}
      tabIndex={-1}
      className="flex min-h-0 flex-1 flex-col outline-none data-[state=inactive]:hidden"
    >
      {children}
    </Tabs.Content>
  );
}
