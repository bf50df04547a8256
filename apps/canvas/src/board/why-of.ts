// Why of: the reason why the open role may or may not talk to another one, from the chart as this page knows it. Pure.

import { type CommunicationReason, explainCommunication } from '@molecule/domain';
import type { Roles } from '../features/workspaces/model.ts';
import { say } from '../languages/say.ts';

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
  const reason = explainCommunication(chart, openId, otherId);
  return { ...reason, sentence: sentenceOf(roles, openId, otherId, reason) };
}

/** The domain's own sentence, in the language of this page. */
function sentenceOf(roles: Roles, from: string, to: string, { rule, relay }: CommunicationReason): string {
  const name = (id: string) => roles[id]?.name ?? id;
  const names = { a: name(from), b: name(to) };
  switch (rule) {
    case 'self':
      return say('board.whySelf', { a: names.a });
    case 'siblings':
      return say('board.whySiblings', { ...names, manager: name(roles[from]?.parentId ?? '') });
    case 'both_roots':
      return say('board.whyBothRoots', names);
    case 'ancestor':
      return say('board.whyAncestor', names);
    case 'descendant':
      return say('board.whyDescendant', names);
    case 'unknown_caller':
      return say('board.whyUnknownCaller', { a: from });
    case 'unknown_target':
      return say('board.whyUnknownTarget', { b: to });
    case 'unrelated':
      return relay === null
        ? say('board.whyUnrelated', names)
        : say('board.whyRelayed', { ...names, relay: name(relay) });
  }
}
