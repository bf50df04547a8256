// Secrets tab: what one role gets in its environment, its own and what every role gets.

import { say } from '../../languages/say.ts';
import { Reading } from '../activity/activity-tab.tsx';
import type { Role } from '../workspaces/model.ts';
import { OutOfReach } from '../workspaces/out-of-reach.tsx';
import { toLines } from './model.ts';
import { SecretList } from './secret-list.tsx';
import { useSecretNames } from './use-secrets.ts';

export default function SecretsTab({ role }: { role: Role }) {
  const own = useSecretNames(role.id);
  const shared = useSecretNames(null);
  if (own.isPending) return <Reading />;
  if (own.error && !own.data) {
    return <OutOfReach what="secrets" error={own.error} onRetry={() => void own.refetch()} />;
  }
  return (
    <SecretList
      holder={role.id}
      lines={toLines(own.data, shared.data)}
      intro={say('secrets.theAgentGetsThese')}
      emptyText={say('secrets.aKeyOfA')}
    />
  );
}

/** Those that every role gets. */
export function SharedSecrets() {
  const shared = useSecretNames(null);
  if (shared.isPending) return <Reading />;
  if (shared.error && !shared.data) {
    return <OutOfReach what="secrets" error={shared.error} onRetry={() => void shared.refetch()} />;
  }
  return (
    <SecretList
      holder={null}
      lines={toLines(shared.data, undefined)}
      intro={say('secrets.everyRoleGetsThese')}
      emptyText={say('secrets.putAKeyHere')}
    />
  );
}
