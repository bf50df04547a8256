// Conversation: turns from top to bottom. Follows the newest words until the reader scrolls away from them.

import { useEffect, useLayoutEffect, useRef } from 'react';
import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Icon } from '../../ui/icon.tsx';
import { clockTime } from '../../ui/relative-time.ts';
import { SimulatedMark } from '../../ui/simulated-mark.tsx';
import { Words } from '../../ui/words.tsx';
import type { Role } from '../workspaces/model.ts';
import { AttachedFiles } from './attached-files.tsx';
import { isOpen, type Turn } from './model.ts';

interface ConversationProps {
  role: Role;
  turns: readonly Turn[];
  hasOpen: boolean;
  onRetry: (turn: Turn) => void;
  onQueue: (turn: Turn) => void;
  onSuggest: (text: string) => void;
}

const NEAR_END_PX = 80;

export function Conversation({ role, turns, hasOpen, onRetry, onQueue, onSuggest }: ConversationProps) {
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const last = turns.at(-1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new words are what moves the end
  useLayoutEffect(() => {
    if (isAtEnd.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [turns.length, last?.answer, last?.note, last?.state]);
  useEffect(() => {
    isAtEnd.current = true;
  }, []);
  return (
    <div
      ref={list}
      role="log"
      aria-label={say('chat.conversationWithRole', { role: role.name })}
      aria-busy={hasOpen}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      className="flex min-h-0 flex-1 flex-col gap-5 overflow-y-auto px-5 py-4"
      onScroll={({ currentTarget: at }) => {
        isAtEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < NEAR_END_PX;
      }}
    >
      {turns.length === 0 ? <Opening role={role} onSuggest={onSuggest} /> : null}
      {turns.map((turn) => (
        <TurnView
          key={turn.id}
          turn={turn}
          role={role}
          onRetry={onRetry}
          onQueue={onQueue}
          canRetry={!hasOpen}
        />
      ))}
    </div>
  );
}

function Opening({ role, onSuggest }: { role: Role; onSuggest: (text: string) => void }) {
  const task = role.suggestedTask;
  return (
    <Empty icon="chat" title={say('chat.giveRoleATask', { role: role.name })}>
      <p className="m-0">{role.purpose ?? say('chat.itWillAnswerHere')}</p>
      {task ? (
        <button
          type="button"
          onClick={() => onSuggest(task)}
          className="mt-4 w-full rounded-m border border-line bg-raised px-3 py-2.5 text-start text-ink hover:border-line-strong"
        >
          <span className="block text-note text-ink-soft">{say('chat.suggestedFirstTask')}</span>
          {task}
        </button>
      ) : null}
    </Empty>
  );
}

interface TurnViewProps {
  turn: Turn;
  role: Role;
  canRetry: boolean;
  onRetry: (turn: Turn) => void;
  onQueue: (turn: Turn) => void;
}

function TurnView({ turn, role, canRetry, onRetry, onQueue }: TurnViewProps) {
  return (
    <article className="flex flex-col gap-3">
      {turn.question !== null ? (
        <div className="ms-10 self-end rounded-m rounded-ee-s bg-motion-soft px-3.5 py-2.5 break-words whitespace-pre-wrap">
          <span className="sr-only">{say('chat.youAt', { time: clockTime(turn.atMs) })} </span>
          {turn.question}
          <AttachedFiles roleId={role.id} files={turn.files} />
        </div>
      ) : null}
      <div className="min-w-0">
        <p className="mt-0 mb-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-note text-ink-soft">
          <span className="font-semibold text-ink">{role.name}</span>
          <time dateTime={new Date(turn.atMs).toISOString()}>{clockTime(turn.atMs)}</time>
          {turn.isSimulated ? <SimulatedMark /> : null}
        </p>
        {turn.answer !== '' ? <Words text={turn.answer} /> : null}
        <AttachedFiles roleId={role.id} files={turn.answerFiles} />
        <TurnEnd turn={turn} canRetry={canRetry} onRetry={onRetry} onQueue={onQueue} />
      </div>
    </article>
  );
}

function TurnEnd({ turn, canRetry, onRetry, onQueue }: Omit<TurnViewProps, 'role'>) {
  if (isOpen(turn)) {
    return (
      <p className="mt-1 mb-0 flex items-center gap-2 text-motion" role="status">
        <Icon name="starting" className="spin" />
        <span className="min-w-0 truncate">
          {(turn.isStopping ? say('chat.stopping') : turn.note) ??
            (turn.state === 'sending'
              ? say('chat.sending')
              : turn.answer === ''
                ? say('chat.working')
                : say('chat.writing'))}
        </span>
      </p>
    );
  }
  if (turn.state === 'queued') {
    return (
      <p className="mt-1 mb-0 flex gap-2 text-ink-soft" role="status">
        <Icon name="inbox" className="mt-0.5" />
        {say('chat.inTheQueueThe')}
      </p>
    );
  }
  if (turn.state === 'stopped') {
    return (
      <div className="mt-1 flex flex-wrap items-center gap-3 text-ink-soft">
        <p className="m-0 flex items-center gap-2" role="status">
          <Icon name="stop" />
          {say('chat.stoppedByYou')}
        </p>
        <Button look="quiet" icon="restart" disabled={!canRetry} onClick={() => onRetry(turn)}>
          {say('chat.sendAgain')}
        </Button>
      </div>
    );
  }
  if (turn.state !== 'failed' || !turn.trouble) return null;
  const { title, detail, next } = turn.trouble;
  return (
    <div className="mt-1 rounded-m bg-fail-soft px-3.5 py-3" role="alert">
      <p className="m-0 flex items-center gap-2 font-semibold text-fail">
        <Icon name="degraded" /> {title}
      </p>
      <p className="mt-1 mb-0 break-words">{detail}</p>
      {next === 'none' ? null : (
        <div className="mt-3 flex flex-wrap gap-2">
          <Button icon="restart" disabled={!canRetry} onClick={() => onRetry(turn)}>
            {say('chat.sendAgain')}
          </Button>
          {next === 'limit' ? <LimitButton /> : null}
          {next === 'queue' ? (
            <Button icon="inbox" onClick={() => onQueue(turn)}>
              {say('chat.leaveInTheQueue')}
            </Button>
          ) : null}
        </div>
      )}
    </div>
  );
}

/** To where the limit of this role stands. */
function LimitButton() {
  const { store } = useTools();
  const toDetails = () =>
    store.setState(({ panel }) =>
      panel.kind === 'role' ? { panel: { kind: 'role', id: panel.id, tab: 'details' } } : {},
    );
  return (
    <Button icon="open" onClick={toDetails}>
      {say('spend.changeLimit')}
    </Button>
  );
}
