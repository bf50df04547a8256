// Top bar: whose board this is, how its people are, and the doors to everything else.

import type { ReactNode } from 'react';
import { InboxButton } from '../features/approvals/inbox-button.tsx';
import { ConnectionStatus } from '../features/connection/connection-status.tsx';
import { NO_FILTER, type StatusFilter } from '../features/reorganise/model.ts';
import { ThemeButton } from '../features/theme/theme-button.tsx';
import { countRoles } from '../features/workspaces/model.ts';
import { RichWords } from '../languages/rich-words.tsx';
import { say } from '../languages/say.ts';
import { useCanvas, useTools } from '../store/canvas-context.ts';
import { IconButton } from '../ui/button.tsx';
import { Icon } from '../ui/icon.tsx';
import { Mark } from '../ui/mark.tsx';
import { isMac } from './platform.ts';

interface TopBarProps {
  isOutline: boolean;
  onOutline: (isOutline: boolean) => void;
  onPalette: () => void;
}

export function TopBar({ isOutline, onOutline, onPalette }: TopBarProps) {
  const { store } = useTools();
  const census = useCanvas((canvas) => countRoles(canvas.roles));
  const isFeedOpen = useCanvas((canvas) => canvas.panel.kind === 'organisation');
  const isKeysOpen = useCanvas((canvas) => canvas.panel.kind === 'keys');
  return (
    <header className="flex h-13 shrink-0 items-center gap-4 border-b border-line bg-surface px-4 max-[720px]:gap-2 max-[720px]:px-3">
      <span className="flex items-center gap-2">
        <Mark className="size-6" />
        <h1 className="m-0 text-lead font-semibold max-[720px]:sr-only">{say('shell.molecule')}</h1>
      </span>
      <ConnectionStatus />
      {census.total > 0 ? <CensusWords census={census} /> : null}
      <div className="ms-auto flex items-center gap-1">
        <button
          type="button"
          onClick={onPalette}
          className="flex h-9 items-center gap-2 rounded-s border border-line bg-raised px-3 text-ink-soft hover:border-line-strong hover:text-ink max-[720px]:size-9 max-[720px]:justify-center max-[720px]:border-0 max-[720px]:bg-transparent max-[720px]:px-0"
        >
          <Icon name="search" />
          <span className="max-[720px]:sr-only">{say('shell.findOrDo')}</span>
          <kbd className="ms-3 font-sans text-note max-[720px]:hidden">
            {isMac() ? '⌘K' : say('shell.ctrlK')}
          </kbd>
        </button>
        <IconButton
          icon={isOutline ? 'board' : 'list'}
          label={isOutline ? say('shell.showTheBoard') : say('shell.showTheOutline')}
          onClick={() => onOutline(!isOutline)}
        />
        <InboxButton />
        <IconButton
          icon="activity"
          label={say('shell.activityOfTheOrganisation')}
          aria-pressed={isFeedOpen}
          onClick={() =>
            store.setState({ panel: isFeedOpen ? { kind: 'closed' } : { kind: 'organisation' } })
          }
        />
        <IconButton
          icon="key"
          label={say('shell.secretsAndTokens')}
          aria-pressed={isKeysOpen}
          onClick={() => store.setState({ panel: isKeysOpen ? { kind: 'closed' } : { kind: 'keys' } })}
        />
        <ThemeButton />
      </div>
    </header>
  );
}

const strong = (words: ReactNode) => <strong className="font-semibold">{words}</strong>;

/** Each number leads to those that it counts. */
function CensusWords({ census }: { census: ReturnType<typeof countRoles> }) {
  return (
    <div className="flex gap-2 text-note whitespace-nowrap text-ink-soft max-[720px]:hidden">
      <Count of="all">
        <RichWords
          of="shell.online"
          values={{ online: census.online, total: census.total }}
          tags={{ b: (count) => <strong className="font-semibold text-ink">{count}</strong> }}
        />
      </Count>
      {census.working > 0 ? (
        <Count of="working" className="text-motion">
          <RichWords of="shell.working" values={{ count: census.working }} tags={{ b: strong }} />
        </Count>
      ) : null}
      {census.needAttention > 0 ? (
        <Count of="attention" className="text-warn">
          <Icon name="degraded" className="size-3.5!" />
          <span>
            <RichWords of="shell.needALook" values={{ count: census.needAttention }} tags={{ b: strong }} />
          </span>
        </Count>
      ) : null}
    </div>
  );
}

function Count({
  of: status,
  className = '',
  children,
}: {
  of: StatusFilter;
  className?: string;
  children: ReactNode;
}) {
  const { store } = useTools();
  const isOn = useCanvas(({ filter }) => status !== 'all' && filter.status === status);
  return (
    <button
      type="button"
      aria-pressed={status === 'all' ? undefined : isOn}
      onClick={() => store.setState({ filter: { ...NO_FILTER, status: isOn ? 'all' : status } })}
      className={`flex h-7 items-center gap-1 rounded-s px-2 hover:bg-sunken aria-pressed:bg-sunken ${className}`}
    >
      {children}
    </button>
  );
}
