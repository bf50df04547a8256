// Keys panel: the secrets that every role gets, the tokens of the organisation, and the browsers that are signed in.

import { useState } from 'react';
import { AdminSessions } from '../features/admin-sessions/admin-sessions.tsx';
import { OrgTokens } from '../features/org-tokens/org-tokens.tsx';
import { SharedSecrets } from '../features/secrets/secrets-tab.tsx';
import { Choice } from '../ui/choice.tsx';
import { PanelFrame } from './panel-frame.tsx';

const PARTS = [
  { value: 'secrets', label: 'Secrets of every role' },
  { value: 'tokens', label: 'Tokens' },
  { value: 'sessions', label: 'Sessions' },
] as const;

export default function KeysPanel() {
  const [part, setPart] = useState<(typeof PARTS)[number]['value']>('secrets');
  return (
    <PanelFrame
      label="Secrets and tokens"
      heading={<h2 className="m-0 text-lead font-semibold">Secrets and tokens</h2>}
    >
      <div className="flex border-b border-line px-5 pb-3">
        <Choice label="What is shown" options={PARTS} value={part} onChoose={setPart} />
      </div>
      {part === 'secrets' ? <SharedSecrets /> : null}
      {part === 'tokens' ? <OrgTokens /> : null}
      {part === 'sessions' ? <AdminSessions /> : null}
    </PanelFrame>
  );
}
