// Connection status: whether what is shown is what is. A word and a drawing in the bar; a banner when it is not.

import { useSyncExternalStore } from 'react';
import { say } from '../../languages/say.ts';
import { useCanvas, useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Icon, type IconName } from '../../ui/icon.tsx';
import { agoWords } from '../../ui/relative-time.ts';
import { useNow } from '../../ui/use-now.ts';
import { TONE_TEXT } from '../workspaces/status-look.ts';
import { describePhase } from './model.ts';

const ICONS = {
  well: 'online',
  motion: 'starting',
  warn: 'degraded',
  fail: 'failed',
} as const satisfies Record<string, IconName>;

export function ConnectionStatus() {
  const phase = useCanvas((canvas) => canvas.phase);
  const words = describePhase(phase, useBrowserOnline());
  return (
    <span
      role="status"
      className={`inline-flex items-center gap-1.5 text-note font-medium ${TONE_TEXT[words.tone]}`}
      title={words.detail}
    >
      <Icon name={ICONS[words.tone]} className={words.tone === 'motion' ? 'spin' : ''} />
      {words.label}
    </span>
  );
}

/** A short break shows in the bar only; a longer one deserves words. Floats, so that nothing below moves. */
const WORDS_AFTER_MS = 1_500;

export function ConnectionBanner() {
  const { follower } = useTools();
  const phase = useCanvas((canvas) => canvas.phase);
  const isOnline = useBrowserOnline();
  const now = useNow(500);
  if (phase.kind !== 'reconnecting' || now - phase.sinceMs < WORDS_AFTER_MS) return null;
  const words = describePhase(phase, isOnline);
  return (
    <div
      role="alert"
      className="rise absolute inset-x-0 top-3 z-30 mx-auto flex w-max max-w-[calc(100%-1.5rem)] items-center gap-3 rounded-m border border-warn bg-warn-soft py-1.5 pe-1.5 ps-4 shadow-(--shadow-float)"
    >
      <Icon name="degraded" className="text-warn" />
      <p className="m-0">
        <strong className="font-semibold">{words.label}.</strong> {words.detail}{' '}
        {now - phase.sinceMs < 5_000 ? null : (
          <span className="text-ink-soft">
            {say('connection.since', { since: agoWords(phase.sinceMs, now) })}
          </span>
        )}
      </p>
      <Button look="quiet" onClick={() => follower.retryNow()}>
        {say('connection.tryNow')}
      </Button>
    </div>
  );
}

function useBrowserOnline(): boolean {
  return useSyncExternalStore(
    (onChange) => {
      window.addEventListener('online', onChange);
      window.addEventListener('offline', onChange);
      return () => {
        window.removeEventListener('online', onChange);
        window.removeEventListener('offline', onChange);
      };
    },
    () => navigator.onLine,
  );
}
