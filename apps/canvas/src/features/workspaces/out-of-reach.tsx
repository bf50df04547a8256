// Out of reach: why something of a role can't be shown now, in the server's words, and what would help.

import { CallError } from '@molecule/client';
import { Button } from '../../ui/button.tsx';
import { Empty } from '../../ui/empty.tsx';
import { failureWords } from './role-actions.ts';

export function OutOfReach({ what, error, onRetry }: { what: string; error: unknown; onRetry: () => void }) {
  const status = error instanceof CallError ? error.status : 0;
  if (status === 501) {
    return (
      <Empty icon="info" title={`${what} cannot be reached from here`}>
        {failureWords(error)}
      </Empty>
    );
  }
  const isStopped = status === 409;
  return (
    <Empty
      icon={isStopped ? 'paused' : 'failed'}
      title={isStopped ? 'This role does not run now' : `${what} could not be read`}
    >
      <p className="mt-0 mb-3">{failureWords(error)}</p>
      <Button onClick={onRetry}>Try again</Button>
    </Empty>
  );
}
