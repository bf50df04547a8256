// App: which of the pages is shown, and the frame around the board.

import { lazy, Suspense, useMemo, useState } from 'react';
import { Board } from './board/board.tsx';
import { focusChart } from './board/focus-chart.ts';
import { Outline } from './board/outline.tsx';
import { ConnectionBanner } from './features/connection/connection-status.tsx';
import { EmptyTenant } from './features/first-run/empty-tenant.tsx';
import { FirstSteps } from './features/first-run/first-steps.tsx';
import { askNewRoleHere } from './features/new-role/ask-new-role.ts';
import { NewRoleDialog } from './features/new-role/new-role-dialog.tsx';
import { CheatSheet } from './features/palette/cheat-sheet.tsx';
import { Palette } from './features/palette/palette.tsx';
import { redoStep, undoStep } from './features/reorganise/index.ts';
import { MoveDialog } from './features/reorganise/move-dialog.tsx';
import { SignInPage } from './features/session/sign-in-page.tsx';
import { RoleDialogs } from './features/workspaces/role-dialogs.tsx';
import { say } from './languages/say.ts';
import { ApprovalsPanel } from './panel/approvals-panel.tsx';
import { OrganisationPanel } from './panel/organisation-panel.tsx';
import { RolePanel } from './panel/role-panel.tsx';
import { OpenBanner } from './shell/open-banner.tsx';
import { TopBar } from './shell/top-bar.tsx';
import { useShortcuts } from './shell/use-shortcuts.ts';
import { useCanvas, useTools } from './store/canvas-context.ts';
import { Empty } from './ui/empty.tsx';
import { NotLoaded } from './ui/not-loaded.tsx';
import { Notices } from './ui/notices.tsx';
import { NARROW, useMedia } from './ui/use-media.ts';

const MemoryPanel = lazy(() => import('./panel/memory-panel.tsx').catch(() => ({ default: NotLoaded })));
const KeysPanel = lazy(() => import('./panel/keys-panel.tsx').catch(() => ({ default: NotLoaded })));

export function App() {
  const phase = useCanvas((canvas) => canvas.phase);
  return (
    <>
      {phase.kind === 'signed_out' ? <SignInPage /> : <Desk />}
      <Notices />
    </>
  );
}

function Desk() {
  const tools = useTools();
  const { store } = tools;
  const isNarrow = useMedia(NARROW);
  const [chosenOutline, setChosenOutline] = useState<boolean | null>(null);
  const [dialog, setDialog] = useState<'palette' | 'keys' | null>(null);
  const isOutline = chosenOutline ?? isNarrow;
  const shortcuts = useMemo(
    () => ({
      onPalette: () => setDialog('palette'),
      onCheatSheet: () => setDialog('keys'),
      onOutline: () => setChosenOutline(!isOutline),
      onActivity: () => store.setState({ panel: { kind: 'organisation' } }),
      onApprovals: () => store.setState({ panel: { kind: 'approvals' } }),
      onBoard: () => focusChart(store),
      onNewRole: () => askNewRoleHere(tools),
      onFilter: () => document.querySelector<HTMLElement>('[data-filter]')?.focus(),
      onUndo: () => void undoStep(tools),
      onRedo: () => void redoStep(tools),
    }),
    [store, tools, isOutline],
  );
  useShortcuts(shortcuts);
  return (
    <div className="flex h-full flex-col">
      <TopBar isOutline={isOutline} onOutline={setChosenOutline} onPalette={shortcuts.onPalette} />
      <OpenBanner />
      <FirstSteps isPaletteOpen={dialog === 'palette'} onPalette={shortcuts.onPalette} />
      <div className="relative flex min-h-0 flex-1 flex-col">
        <Content isOutline={isOutline} />
        <ConnectionBanner />
      </div>
      <Palette
        isOpen={dialog === 'palette'}
        onClose={() => setDialog(null)}
        isOutline={isOutline}
        onOutline={setChosenOutline}
        onCheatSheet={shortcuts.onCheatSheet}
      />
      <MoveDialog />
      <NewRoleDialog />
      <RoleDialogs />
      <CheatSheet isOpen={dialog === 'keys'} onClose={() => setDialog(null)} />
    </div>
  );
}

function Content({ isOutline }: { isOutline: boolean }) {
  const isRead = useCanvas((canvas) => canvas.isRead);
  const isEmpty = useCanvas((canvas) => Object.keys(canvas.roles).length === 0);
  const phase = useCanvas((canvas) => canvas.phase.kind);
  const panel = useCanvas((canvas) => canvas.panel);
  if (!isRead) return <FirstReading isForbidden={phase === 'forbidden'} />;
  if (isEmpty && panel.kind !== 'role') return <EmptyTenant />;
  return (
    <main className="relative flex min-h-0 flex-1">
      {isOutline ? <Outline /> : <Board />}
      {panel.kind === 'role' ? <RolePanel id={panel.id} tab={panel.tab} /> : null}
      {panel.kind === 'organisation' ? <OrganisationPanel /> : null}
      {panel.kind === 'approvals' ? <ApprovalsPanel /> : null}
      {panel.kind === 'keys' || panel.kind === 'memory' ? (
        <Suspense fallback={null}>{panel.kind === 'keys' ? <KeysPanel /> : <MemoryPanel />}</Suspense>
      ) : null}
    </main>
  );
}

function FirstReading({ isForbidden }: { isForbidden: boolean }) {
  if (isForbidden) {
    return (
      <Empty icon="failed" title={say('app.thisIsNotYours')}>
        {say('app.youAreSignedIn')}
      </Empty>
    );
  }
  return (
    <main className="flex min-h-0 flex-1 items-center justify-center" aria-busy="true">
      <p className="pulse m-0 text-ink-soft" role="status">
        {say('app.readingTheOrganisation')}
      </p>
    </main>
  );
}
