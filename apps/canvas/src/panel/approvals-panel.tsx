// Approvals panel: the requests of every role.

import { ApprovalsInbox } from '../features/approvals/approvals-inbox.tsx';
import { PanelFrame } from './panel-frame.tsx';

export function ApprovalsPanel() {
  return (
    <PanelFrame label="Approvals" heading={<h2 className="m-0 text-lead font-semibold">Approvals</h2>}>
      <ApprovalsInbox />
    </PanelFrame>
  );
}
