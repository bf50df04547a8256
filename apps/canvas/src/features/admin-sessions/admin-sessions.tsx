// Admin sessions: which browsers are signed in, and signing them out. This one signs out by its own menu.

import { sessions } from '@molecule/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { timeWords } from '../../languages/value-words.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Reading } from '../activity/activity-tab.tsx';
import { OutOfReach } from '../workspaces/out-of-reach.tsx';
import { attempt } from '../workspaces/role-actions.ts';
import { nameBrowser } from './name-browser.ts';

const KEY = ['admin-sessions'];
const OPENED = {
  link: 'adminSessions.openedByLink',
  token: 'adminSessions.openedByToken',
  platform: 'adminSessions.openedByPlatform',
} as const;

/** `others` signs all browsers out but this one. */
type Asked = sessions.AdminSession | 'others';

export function AdminSessions() {
  const { call } = useTools();
  const [asked, setAsked] = useState<Asked | null>(null);
  const query = useQuery({
    queryKey: KEY,
    retry: false,
    queryFn: async ({ signal }) => (await call(sessions.listSessions, { signal })).sessions,
  });
  if (query.isPending) return <Reading />;
  if (query.error && !query.data) {
    return <OutOfReach what="sessions" error={query.error} onRetry={() => void query.refetch()} />;
  }
  const others = query.data.filter(({ is_current }) => !is_current).length;
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      <p className="m-0 border-b border-line px-5 py-3 text-ink-soft">
        {say('adminSessions.browsersThatAreSigned')}
      </p>
      <ul className="m-0 list-none p-0" aria-label={say('adminSessions.sessions')}>
        {query.data.map((session) => (
          <SessionLine key={session.id} session={session} onEnd={() => setAsked(session)} />
        ))}
      </ul>
      {others > 0 ? (
        <div className="px-5 py-3">
          <Button look="danger" onClick={() => setAsked('others')}>
            {say('adminSessions.signOutAllOthers')}
          </Button>
        </div>
      ) : null}
      {asked === null ? null : <EndDialog asked={asked} onClose={() => setAsked(null)} />}
    </div>
  );
}

function SessionLine({ session, onEnd }: { session: sessions.AdminSession; onEnd: () => void }) {
  const device = session.device ? nameBrowser(session.device) : say('adminSessions.aBrowserWithoutA');
  return (
    <li className="flex items-center gap-3 border-b border-line py-2.5 ps-5 pe-3">
      <Icon name="key" className="text-ink-soft" />
      <div className="min-w-0 flex-1">
        <span className="block truncate font-semibold" title={session.device}>
          {session.is_current ? say('adminSessions.thisBrowser') : device}
        </span>
        <span className="block text-note text-ink-soft">
          {say(OPENED[session.opened_by], {
            from: timeWords(session.created_at, 'moment'),
            to: timeWords(session.expires_at, 'moment'),
          })}
        </span>
      </div>
      {session.is_current ? null : (
        <IconButton
          icon="trash"
          label={say('adminSessions.signOutDevice', {
            device,
            since: timeWords(session.created_at, 'moment'),
          })}
          onClick={onEnd}
        />
      )}
    </li>
  );
}

function EndDialog({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const tools = useTools();
  const client = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const end = async () => {
    setBusy(true);
    await attempt(tools, say('adminSessions.nobodyWasSignedOut'), () =>
      asked === 'others'
        ? tools.call(sessions.revokeOtherSessions)
        : tools.call(sessions.revokeSession, { params: { sessionId: asked.id } }),
    );
    await client.invalidateQueries({ queryKey: KEY });
    onClose();
  };
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={
        asked === 'others'
          ? say('adminSessions.signAllOtherBrowsers')
          : say('adminSessions.signThisBrowserOut')
      }
      description={say('adminSessions.whatItHasOpen')}
    >
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={onClose}>{say('adminSessions.cancel')}</Button>
        <Button look="danger" isBusy={isBusy} onClick={() => void end()}>
          {say('adminSessions.signOut')}
        </Button>
      </div>
    </Dialog>
  );
}
