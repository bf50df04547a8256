// Organisation panel: what happened everywhere, newest first.

import { OrganisationFeed } from '../features/activity/activity-feed.tsx';
import { PanelFrame } from './panel-frame.tsx';

export function OrganisationPanel() {
  return (
    <PanelFrame
      label="Activity of the organisation"
      heading={<h2 className="m-0 text-lead font-semibold">Activity</h2>}
    >
      <section
        className="min-h-0 flex-1 overflow-y-auto border-t border-line"
        aria-label="Newest first"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
      >
        <OrganisationFeed />
      </section>
    </PanelFrame>
  );
}
