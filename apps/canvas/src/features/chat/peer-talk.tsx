// Peer talk: what a role asked other roles and was asked by them, as a conversation that a person can read.

import type { activity } from '@molecule/contracts';
import { say } from '../../languages/say.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Icon } from '../../ui/icon.tsx';
import { clockTime, durationWords } from '../../ui/relative-time.ts';
import { SimulatedMark } from '../../ui/simulated-mark.tsx';
import { Words } from '../../ui/words.tsx';
import { nameById, type Role } from '../workspaces/model.ts';
import { type Exchange, exchangesFromRows } from './exchanges.ts';

interface PeerTalkProps {
  role: Role;
  rows: readonly activity.ActivityRow[];
  /** Only what was said with that role, until somebody asks for everything. */
  withId: string | undefined;
}

export function PeerTalk({ role, rows, withId }: PeerTalkProps) {
  const { store } = useTools();
  const names = useCanvas((canvas) => nameById(canvas.roles));
  const all = exchangesFromRows(rows, role.id);
  const exchanges = withId ? all.filter(({ peerId }) => peerId === withId) : all;
  return (
    <>
      {withId ? (
        <p className="m-0 flex items-center justify-between gap-3 border-b border-line px-5 py-2">
          <span className="text-ink-soft">
            {say('chat.onlyWith', { peer: names[withId] ?? say('chat.aRemovedRole') })}
          </span>
          <Button
            look="quiet"
            onClick={() => store.setState({ panel: { kind: 'role', id: role.id, tab: 'chat' } })}
          >
            {say('chat.showAllTalk')}
          </Button>
        </p>
      ) : null}
      {exchanges.length === 0 ? (
        <Empty icon="chat" title={say('chat.noTalkWithOther')}>
          {say('chat.whenRoleHandsWork', { role: role.name })}
        </Empty>
      ) : (
        <ol
          className="m-0 flex min-h-0 flex-1 list-none flex-col gap-4 overflow-y-auto px-5 py-4"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          tabIndex={0}
        >
          {exchanges.map((exchange) => (
            <ExchangeView
              key={exchange.id}
              exchange={exchange}
              peer={names[exchange.peerId] ?? say('chat.aRemovedRole')}
            />
          ))}
        </ol>
      )}
    </>
  );
}

function ExchangeView({ exchange, peer }: { exchange: Exchange; peer: string }) {
  const { isOutgoing, isAnswerOnly, said, answer, isError, atMs, durationMs, isSimulated } = exchange;
  return (
    <li className="rounded-m border border-line bg-raised px-3.5 py-3">
      <p className="m-0 flex flex-wrap items-center gap-x-2 gap-y-1 text-note text-ink-soft">
        <Icon name="arrow" className={isOutgoing && !isAnswerOnly ? '' : 'rotate-180'} />
        <span className="font-semibold text-ink">
          {isAnswerOnly
            ? say('chat.peerAnswered', { peer })
            : isOutgoing
              ? say('chat.askedPeer', { peer })
              : say('chat.peerAsked', { peer })}
        </span>
        <time dateTime={new Date(atMs).toISOString()}>{clockTime(atMs)}</time>
        {durationMs === null ? null : <span>{durationWords(durationMs)}</span>}
        {isSimulated ? <SimulatedMark isShort /> : null}
      </p>
      {said ? <p className="mt-2 mb-0 line-clamp-4 break-words whitespace-pre-wrap">{said}</p> : null}
      {answer ? (
        <details className="mt-2">
          <summary className={`cursor-pointer font-medium ${isError ? 'text-fail' : 'text-ink-soft'}`}>
            {isError ? say('chat.failed') : say('chat.answer')}
          </summary>
          <div className="mt-2">
            <Words text={answer} />
          </div>
        </details>
      ) : null}
    </li>
  );
}
