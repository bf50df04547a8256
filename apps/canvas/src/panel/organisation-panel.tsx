// Organisation panel: what happened everywhere, newest first.

import { lazy, Suspense, useState } from 'react';
import { OrganisationFeed } from '../features/activity/activity-feed.tsx';
import { Reading } from '../features/activity/activity-tab.tsx';
import { say } from '../languages/say.ts';
import { Choice } from '../ui/choice.tsx';
import { NotLoaded } from '../ui/not-loaded.tsx';
import { PanelFrame } from './panel-frame.tsx';

const EventList = lazy(() =>
  import('../features/events/event-list.tsx').catch(() => ({ default: NotLoaded })),
);
const parts = () =>
  [
    { value: 'feed', label: say('panel.inWords') },
    { value: 'events', label: say('panel.eventsAndAudit') },
  ] as const;

export function OrganisationPanel() {
  const [part, setPart] = useState<'feed' | 'events'>('feed');
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
