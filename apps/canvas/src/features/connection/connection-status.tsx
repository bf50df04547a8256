// Connection status: whether what is shown is what is. A word and a drawing in the bar; a banner when it is not.

import { useSyncExternalStore } from 'react';
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

export function ConnectionBanner() {
  const { follower } = useTools();
  const phase = useCanvas((canvas) => canvas.phase);
  const isOnline = useBrowserOnline();
  const now = useNow(1_000);
  if (phase.kind !== 'reconnecting' && phase.kind !== 'forbidden') return null;
  const words = describePhase(phase, isOnline);
  return (
    <div
      role="alert"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-warn-soft px-4 py-1.5"
    >
      <Icon name="degraded" className="text-warn" />
      <span className="font-semibold">{words.label}</span>
      <span className="text-ink-soft">
        {words.detail}
        {phase.kind === 'reconnecting' ? ` Since ${agoWords(phase.sinceMs, now)}.` : ''}
      </span>
      {phase.kind === 'reconnecting' ? (
        <Button look="quiet" className="ml-auto h-7!" onClick={() => follower.retryNow()}>
          Try now
        </Button>
      ) : null}
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
