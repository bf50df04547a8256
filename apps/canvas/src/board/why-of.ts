// Why of: the reason why the open role may or may not talk to another one, from the chart as this page knows it. Pure.

import { type CommunicationReason, explainCommunication } from '@molecule/domain';
import type { Roles } from '../features/workspaces/model.ts';

/** Null when there are not two roles to speak of. */
export function whyOf(
  roles: Roles,
  openId: string | null,
  otherId: string | null,
): CommunicationReason | null {
  if (openId === null || otherId === null || openId === otherId) return null;
  if (!roles[openId] || !roles[otherId]) return null;
  const chart = {
    parentOf: (id: string) => {
      const role = roles[id];
      return role && role.status !== 'removed' ? role.parentId : undefined;
    },
    nameOf: (id: string) => roles[id]?.name,
  };
  return explainCommunication(chart, openId, otherId);
}
