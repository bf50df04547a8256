// Logs tab: what the agent printed, or what its backend noted while it started, as it happens.

import { useEffect, useRef, useState } from 'react';
import { say } from '../../languages/say.ts';
import { timeWords } from '../../languages/value-words.ts';
import { Button } from '../../ui/button.tsx';
import { Choice } from '../../ui/choice.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Reading } from '../activity/activity-tab.tsx';
import type { Role } from '../workspaces/model.ts';
import { OutOfReach } from '../workspaces/out-of-reach.tsx';
import type { LogSource } from './follow-logs.ts';
import { type LogLine, withoutTime } from './log-text.ts';
import { useLogs } from './use-logs.ts';

const sources = () =>
  [
    { value: 'runtime', label: say('logs.agent') },
    { value: 'boot', label: say('logs.start') },
  ] as const;
const stateWords = () => ({
  reading: say('logs.reading'),
  following: say('logs.following'),
  stopped: say('logs.stopped'),
  reconnecting: say('logs.reconnecting'),
});

export function LogsTab({ role }: { role: Role }) {
  const [source, setSource] = useState<LogSource>('runtime');
  const [isFollowed, setFollowed] = useState(true);
  const [round, setRound] = useState(0);
  const { lines, state, error } = useLogs(role.id, source, isFollowed, round);
  if (error && lines.length === 0) {
    return <OutOfReach what="log" error={error} onRetry={() => setRound(round + 1)} />;
  }
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex items-center gap-3 border-b border-line px-5 py-2">
        <Choice label={say('logs.sourceOfTheLog')} options={sources()} value={source} onChoose={setSource} />
        <span role="status" className="ms-auto text-note text-ink-soft">
          {stateWords()[state]}
        </span>
        <Button icon={isFollowed ? 'paused' : 'play'} onClick={() => setFollowed(!isFollowed)}>
          {isFollowed ? say('logs.stop') : say('logs.follow')}
        </Button>
      </div>
      {lines.length > 0 ? <Lines lines={lines} /> : state === 'reading' ? <Reading /> : <NoLines />}
    </div>
  );
}

function NoLines() {
  return (
    <Empty icon="list" title={say('logs.nothingWasPrintedYet')}>
      {say('logs.newLinesAppearHere')}
    </Empty>
  );
}

function Lines({ lines }: { lines: readonly LogLine[] }) {
  const box = useRef<HTMLElement>(null);
  const isAtEnd = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new lines are what moves the view
  useEffect(() => {
    const { current } = box;
    if (current && isAtEnd.current) current.scrollTop = current.scrollHeight;
  }, [lines]);
  return (
    <section
      ref={box}
      translate="no"
      aria-label={say('logs.log')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      onScroll={({ currentTarget: at }) => {
        isAtEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < 24;
      }}
      className="min-h-0 flex-1 overflow-y-auto bg-sunken px-5 py-3 font-mono text-note focus-visible:-outline-offset-2"
    >
      {lines.map((line, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no identity but their place
        <div key={i} className="flex gap-3">
          {line.at ? (
            <time dateTime={line.at} className="shrink-0 text-ink-soft select-none">
              {timeWords(line.at, 'seconds')}
            </time>
          ) : null}
          <span
            className={`min-w-0 break-words whitespace-pre-wrap ${line.stream === 'stderr' ? 'text-fail' : ''}`}
          >
            {withoutTime(line)}
          </span>
        </div>
      ))}
    </section>
  );
}
