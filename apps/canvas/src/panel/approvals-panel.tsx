// Approvals panel: the requests of every role.

import { ApprovalsInbox } from '../features/approvals/approvals-inbox.tsx';
import { say } from '../languages/say.ts';
import { PanelFrame } from './panel-frame.tsx';

export function ApprovalsPanel() {
  return (
    <PanelFrame
      label={say('panel.approvals')}
      heading={<h2 className="m-0 text-lead font-semibold">{say('panel.approvals')}</h2>}
    >
      <ApprovalsInbox />
    </PanelFrame>
  );
}
