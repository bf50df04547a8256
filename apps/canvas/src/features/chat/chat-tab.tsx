// Chat tab: talk to one role, and see what it said to other roles.

import { useEffect, useState } from 'react';
import { say } from '../../languages/say.ts';
import { useCanvas } from '../../store/canvas-context.ts';
import { Reading } from '../activity/activity-tab.tsx';
import type { Role } from '../workspaces/model.ts';
import { Composer } from './composer.tsx';
import { Conversation } from './conversation.tsx';
import { PeerTalk } from './peer-talk.tsx';
import { useChat } from './use-chat.ts';

export function ChatTab({ role }: { role: Role }) {
  const talkWith = useCanvas(({ panel }) => (panel.kind === 'role' ? panel.talkWith : undefined));
  const [view, setView] = useState<'mine' | 'peers'>(talkWith ? 'peers' : 'mine');
  useEffect(() => {
    if (talkWith) setView('peers');
  }, [talkWith]);
  const chat = useChat(role.id);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <fieldset
        className="m-0 flex gap-1 border-0 border-b border-line px-4 py-2"
        aria-label={say('chat.whichConversation')}
      >
        <ViewButton isOn={view === 'mine'} onClick={() => setView('mine')}>
          {say('chat.withYou')}
        </ViewButton>
        <ViewButton isOn={view === 'peers'} onClick={() => setView('peers')}>
          {say('chat.withOtherRoles')}
        </ViewButton>
      </fieldset>
      {view === 'peers' ? (
        <PeerTalk role={role} rows={chat.rows.data ?? []} withId={talkWith} />
      ) : (
        <>
          {chat.rows.isPending && chat.turns.length === 0 ? (
            <div className="flex-1">
              <Reading />
            </div>
          ) : (
            <Conversation
              role={role}
              turns={chat.turns}
              onRetry={chat.retry}
              onQueue={chat.queue}
              hasOpen={chat.open !== null}
              onSuggest={chat.setDraft}
            />
          )}
          <Composer
            role={role}
            draft={chat.draft}
            onDraft={chat.setDraft}
            onSend={chat.send}
            onStop={chat.stop}
            isAnswering={chat.open !== null}
          />
        </>
      )}
    </div>
  );
}

function ViewButton({ isOn, onClick, children }: { isOn: boolean; onClick: () => void; children: string }) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={onClick}
      className={`rounded-s px-2.5 py-1 text-note font-medium ${isOn ? 'bg-sunken text-ink' : 'text-ink-soft hover:text-ink'}`}
    >
      {children}
    </button>
  );
}
