// Wishes: what a person wants of teams and the server does not show yet. Pure.
//
//   W1. A list that was read before a wish was saved never undoes it on the screen.
//   W2. A wish that was saved ends when a list shows it, or when two lists in a row show something else: then somebody else
//       wanted otherwise.

import type { Role } from '../workspaces/model.ts';

export interface TeamWish {
  isCollapsed: boolean;
  /** Null while it is being saved; then how many lists have shown something else. */
  contradictions: number | null;
}

export type TeamWishes = Readonly<Record<string, TeamWish>>;

const BELIEVED_AFTER = 2;

/** W1. */
export function asWished(wishes: TeamWishes, role: Role): Role {
  const wish = wishes[role.id];
  if (!wish || wish.isCollapsed === role.isCollapsed || isOver(wish, role)) return role;
  return { ...role, isCollapsed: wish.isCollapsed };
}

/** W2. */
export function keepOpenWishes(wishes: TeamWishes, roles: readonly Role[]): TeamWishes {
  if (Object.keys(wishes).length === 0) return wishes;
  const kept = roles.flatMap((role) => {
    const wish = wishes[role.id];
    if (!wish || isOver(wish, role)) return [];
    // Whoever saves it knows it by being the same.
    if (wish.contradictions === null) return [[role.id, wish] as const];
    return [[role.id, { ...wish, contradictions: wish.contradictions + 1 }] as const];
  });
  return Object.fromEntries(kept);
}

function isOver({ isCollapsed, contradictions }: TeamWish, role: Role): boolean {
  if (contradictions === null) return false;
  return role.isCollapsed === isCollapsed || contradictions + 1 >= BELIEVED_AFTER;
}
