// Terminal tab: a shell in the unit of a role, opened when somebody asks for it.

import { lazy, Suspense, useState } from 'react';
import { say } from '../../languages/say.ts';
import { Button } from '../../ui/button.tsx';
import { Empty } from '../../ui/empty.tsx';
import { NotLoaded } from '../../ui/not-loaded.tsx';
import { Reading } from '../activity/activity-tab.tsx';
import type { Role } from '../workspaces/model.ts';
import { closeWords } from './close-words.ts';

const TerminalScreen = lazy(() => import('./terminal-screen.tsx').catch(() => ({ default: NotLoaded })));

type State = { kind: 'idle' } | { kind: 'opening' } | { kind: 'open' } | { kind: 'closed'; words: string };

export function TerminalTab({ role }: { role: Role }) {
  const [state, setState] = useState<State>({ kind: 'idle' });
  const [round, setRound] = useState(0);
  const open = () => {
    setRound(round + 1);
    setState({ kind: 'opening' });
  };
  if (role.runtime === 'external') {
    return (
      <Empty icon="info" title={say('terminal.thisAgentRunsElsewhere')}>
        {say('terminal.theShellOfAn')}
      </Empty>
    );
  }
  if (state.kind === 'idle') {
    return (
      <Empty icon="keyboard" title={say('terminal.aShellWhereThis')}>
        <p className="mt-0 mb-3">{say('terminal.thatYouOpenedIt')}</p>
        <Button look="primary" onClick={open}>
          {say('terminal.openATerminal')}
        </Button>
      </Empty>
    );
  }
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex min-h-13 items-center gap-3 border-b border-line px-5 py-2">
        <span role="status" className="min-w-0 flex-1 text-ink-soft">
          {state.kind === 'closed'
            ? state.words
            : state.kind === 'open'
              ? say('terminal.connected')
              : say('terminal.connecting')}
        </span>
        {state.kind === 'closed' ? (
          <Button icon="restart" onClick={open}>
            {say('terminal.openAgain')}
          </Button>
        ) : (
          <span className="text-note text-ink-soft">{say('terminal.f6LeavesTheTerminal')}</span>
        )}
      </div>
      <Suspense fallback={<Reading />}>
        <TerminalScreen
          key={round}
          roleId={role.id}
          roleName={role.name}
          onOpen={() => setState({ kind: 'open' })}
          onClosed={(code, reason) => setState({ kind: 'closed', words: closeWords(code, reason) })}
        />
      </Suspense>
    </div>
  );
}
