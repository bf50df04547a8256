// Activity feed: what happened, newest first, as sentences.

import { RichWords } from '../../languages/rich-words.tsx';
import { say } from '../../languages/say.ts';
import { timeWords } from '../../languages/value-words.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { Empty } from '../../ui/empty.tsx';
import { Icon } from '../../ui/icon.tsx';
import { agoWords, durationWords } from '../../ui/relative-time.ts';
import { useNow } from '../../ui/use-now.ts';
import { nameById } from '../workspaces/model.ts';
import { TONE_TEXT } from '../workspaces/status-look.ts';
import { describeActivity, nameIn, type Sentence } from './describe-activity.ts';
import type { FeedItem } from './model.ts';

const SHOWN = 150;

export function ActivityFeed({ items, emptyText }: { items: readonly FeedItem[]; emptyText: string }) {
  const now = useNow(15_000);
  const nameOf = useNames();
  const lines = items
    .map((item) => ({ item, sentence: describeActivity(item) }))
    .filter((line): line is { item: FeedItem; sentence: Sentence } => line.sentence !== null)
    .slice(0, SHOWN);
  if (lines.length === 0) {
    return (
      <Empty icon="activity" title={say('activity.nothingYet')}>
        {emptyText}
      </Empty>
    );
  }
  return (
    <ol className="m-0 list-none p-0">
      {lines.map(({ item, sentence }) => (
        <Line key={item.id} item={item} sentence={sentence} nameOf={nameOf} now={now} />
      ))}
    </ol>
  );
}

interface LineProps {
  item: FeedItem;
  sentence: Sentence;
  nameOf: (id: string | null) => string;
  now: number;
}

function Line({ item, sentence, nameOf, now }: LineProps) {
  return (
    <li className="flex gap-3 border-b border-line px-5 py-2.5 last:border-b-0">
      <Icon name={sentence.icon} className={`mt-0.5 ${TONE_TEXT[sentence.tone]}`} />
      <div className="min-w-0 flex-1">
        <p className="m-0">
          <RichWords
            of={sentence.object ? 'activity.lineTo' : 'activity.line'}
            values={{
              subject: nameOf(sentence.subject),
              verb: sentence.verb,
              object: sentence.object ? nameOf(sentence.object) : '',
            }}
            tags={{
              who: (name) => <span className="font-semibold">{name}</span>,
              did: (verb) => (
                <span className={item.isError ? TONE_TEXT[sentence.tone] : 'text-ink-soft'}>{verb}</span>
              ),
            }}
          />
          {item.durationMs !== null && !item.isError ? (
            <span className="text-note whitespace-nowrap text-ink-soft">
              {' '}
              {say('activity.inTime', { duration: durationWords(item.durationMs) })}
            </span>
          ) : null}
        </p>
        {sentence.detail ? (
          <p className="m-0 line-clamp-2 text-note break-words text-ink-soft">{sentence.detail}</p>
        ) : null}
      </div>
      <time
        className="shrink-0 pt-0.5 text-note text-ink-soft"
        dateTime={new Date(item.atMs).toISOString()}
        title={timeWords(item.atMs, 'full')}
      >
        {agoWords(item.atMs, now)}
      </time>
    </li>
  );
}

function useNames(): (id: string | null) => string {
  const names = useCanvas((canvas) => nameById(canvas.roles));
  return nameIn(names);
}

/** The feed of the whole organisation. */
export function OrganisationFeed() {
  const { store } = useTools();
  const feed = useCanvas((canvas) => canvas.feed);
  const isRead = useCanvas((canvas) => canvas.isRead);
  if (!isRead && store.getState().feed.length === 0) return null;
  return <ActivityFeed items={feed} emptyText={say('activity.giveARoleA')} />;
}
