// Keys panel: the secrets that every role gets, the tokens of the organisation, and the browsers that are signed in.

import { useState } from 'react';
import { AdminSessions } from '../features/admin-sessions/admin-sessions.tsx';
import { OrgTokens } from '../features/org-tokens/org-tokens.tsx';
import { SharedSecrets } from '../features/secrets/secrets-tab.tsx';
import { say } from '../languages/say.ts';
import { Choice } from '../ui/choice.tsx';
import { PanelFrame } from './panel-frame.tsx';

const parts = () =>
  [
    { value: 'secrets', label: say('panel.secretsOfEveryRole') },
    { value: 'tokens', label: say('panel.tokens') },
    { value: 'sessions', label: say('panel.sessions') },
  ] as const;

export default function KeysPanel() {
  const [part, setPart] = useState<ReturnType<typeof parts>[number]['value']>('secrets');
  return (
    <PanelFrame
      label={say('panel.secretsAndTokens')}
      heading={<h2 className="m-0 text-lead font-semibold">{say('panel.secretsAndTokens')}</h2>}
    >
      <div className="flex border-b border-line px-5 pb-3">
        <Choice label={say('panel.whatIsShown')} options={parts()} value={part} onChoose={setPart} />
      </div>
      {part === 'secrets' ? <SharedSecrets /> : null}
      {part === 'tokens' ? <OrgTokens /> : null}
      {part === 'sessions' ? <AdminSessions /> : null}
    </PanelFrame>
  );
}
