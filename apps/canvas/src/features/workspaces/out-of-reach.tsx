// Out of reach: why something of a role can't be shown now, in the server's words, and what would help.

import { CallError } from '@molecule/client';
import { say } from '../../languages/say.ts';
import { Button } from '../../ui/button.tsx';
import { Empty } from '../../ui/empty.tsx';
import { failureWords } from './role-actions.ts';

export type Unread =
  | 'sessions'
  | 'configuration'
  | 'events'
  | 'file'
  | 'folder'
  | 'log'
  | 'memory'
  | 'notes'
  | 'tokens'
  | 'secrets';

export function OutOfReach({ what, error, onRetry }: { what: Unread; error: unknown; onRetry: () => void }) {
  const status = error instanceof CallError ? error.status : 0;
  if (status === 501) {
    return (
      <Empty icon="info" title={say('workspaces.unreachable', { what })}>
        {failureWords(error)}
      </Empty>
    );
  }
  const isStopped = status === 409;
  return (
    <Empty
      icon={isStopped ? 'paused' : 'failed'}
      title={isStopped ? say('workspaces.thisRoleDoesNot') : say('workspaces.unread', { what })}
    >
      <p className="mt-0 mb-3">{failureWords(error)}</p>
      <Button onClick={onRetry}>{say('workspaces.tryAgain')}</Button>
    </Empty>
  );
}
