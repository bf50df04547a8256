// Secrets tab: what one role gets in its environment, its own and what every role gets.

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
    return <OutOfReach what="The secrets" error={own.error} onRetry={() => void own.refetch()} />;
  }
  return (
    <SecretList
      holder={role.id}
      lines={toLines(own.data, shared.data)}
      intro="The agent gets these in its environment. A value is never shown."
      emptyText="A key of a model provider, for example, goes here."
    />
  );
}

/** Those that every role gets. */
export function SharedSecrets() {
  const shared = useSecretNames(null);
  if (shared.isPending) return <Reading />;
  if (shared.error && !shared.data) {
    return <OutOfReach what="The secrets" error={shared.error} onRetry={() => void shared.refetch()} />;
  }
  return (
    <SecretList
      holder={null}
      lines={toLines(shared.data, undefined)}
      intro="Every role gets these, unless it has its own of that name."
      emptyText="Put a key here once, and every role can use it."
    />
  );
}
