// Organisation panel: what happened everywhere, newest first.

import { lazy, Suspense } from 'react';
import { OrganisationFeed } from '../features/activity/activity-feed.tsx';
import { Reading } from '../features/activity/activity-tab.tsx';
import { say } from '../languages/say.ts';
import { useCanvas, useTools } from '../store/canvas-context.ts';
import type { OrganisationPart } from '../store/store.ts';
import { Choice } from '../ui/choice.tsx';
import { NotLoaded } from '../ui/not-loaded.tsx';
import { PanelFrame } from './panel-frame.tsx';

const EventList = lazy(() =>
  import('../features/events/event-list.tsx').catch(() => ({ default: NotLoaded })),
);
const SpendSheet = lazy(() =>
  import('../features/spend/spend-sheet.tsx').catch(() => ({ default: NotLoaded })),
);
const parts = () =>
  [
    { value: 'feed', label: say('panel.inWords') },
    { value: 'events', label: say('panel.eventsAndAudit') },
    { value: 'spend', label: say('spend.tab') },
  ] as const;

export function OrganisationPanel() {
  const { store } = useTools();
  const part = useCanvas(({ panel }) => (panel.kind === 'organisation' ? (panel.part ?? 'feed') : 'feed'));
  const setPart = (next: OrganisationPart) => store.setState({ panel: { kind: 'organisation', part: next } });
  return (
    <PanelFrame
      label={say('panel.activityOfTheOrganisation')}
      heading={<h2 className="m-0 text-lead font-semibold">{say('panel.activity')}</h2>}
    >
      <div className="flex border-b border-line px-5 pb-3">
        <Choice label={say('panel.whatIsShown')} options={parts()} value={part} onChoose={setPart} />
      </div>
      {part === 'events' ? (
        <Suspense fallback={<Reading />}>
          <EventList />
        </Suspense>
      ) : part === 'spend' ? (
        <Suspense fallback={<Reading />}>
          <SpendSheet />
        </Suspense>
      ) : (
        <section
          className="min-h-0 flex-1 overflow-y-auto"
          aria-label={say('panel.newestFirst')}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          tabIndex={0}
        >
          <OrganisationFeed />
        </section>
      )}
    </PanelFrame>
  );
}
