// Connect agent: what an agent that runs elsewhere needs to report here. Its token is shown this once.

import type { workspaces } from '@molecule/contracts';
import { say } from '../../languages/say.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { CopyText } from '../workspaces/copy-text.tsx';

interface ConnectAgentProps {
  connection: NonNullable<workspaces.CreateWorkspaceReply['connection']>;
  name: string;
  onClose: () => void;
}

export function ConnectAgent({ connection, name, onClose }: ConnectAgentProps) {
  const parts = [
    [say('newRole.workspaceId'), connection.workspace_id],
    [say('newRole.address'), connection.platform_url],
    [say('newRole.token'), connection.auth_token],
    [say('newRole.registerCommand'), connection.curl_register_template],
  ] as const;
  return (
    <Dialog
      isOpen
      onClose={onClose}
      title={say('newRole.connect', { name: name.trim() })}
      description={say('newRole.tokenShownOnce')}
    >
      <dl className="mt-4 mb-0 grid gap-y-2">
        {parts.map(([label, text]) => (
          <div key={label}>
            <dt className="text-note text-ink-soft">{label}</dt>
            <dd className="m-0 overflow-hidden rounded-s bg-sunken px-2.5 py-1.5">
              <CopyText text={text} />
            </dd>
          </div>
        ))}
      </dl>
      <div className="mt-5 flex justify-end">
        <Button look="primary" onClick={onClose}>
          {say('newRole.iHaveThem')}
        </Button>
      </div>
    </Dialog>
  );
}
