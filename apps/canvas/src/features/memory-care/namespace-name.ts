// Namespace name: a namespace as people say it, by the role that it is called after. Pure.

import { say } from '../../languages/say.ts';
import type { Roles } from '../workspaces/model.ts';

export function namespaceName(namespace: string, roles: Roles): string {
  const [kind = '', id = ''] = namespace.split(':');
  const role = roles[id]?.name ?? say('memories.aRemovedRole');
  switch (kind) {
    case 'workspace':
      return role;
    case 'team':
      return say('memoryCare.teamOf', { role });
    case 'org':
      return say('memoryCare.everybodyBy', { role });
    default:
      return namespace;
  }
}
