// Store: holds the live state and what this browser is looking at. Thin: every rule stands in a feature's model.

import type { events, tenant } from '@molecule/contracts';
import { createStore, type StoreApi } from 'zustand/vanilla';
import { type FeedItem, mergeFeed } from '../features/activity/model.ts';
import { readFeedItem } from '../features/activity/on-workspace-event.ts';
import { emptyThread, type Thread } from '../features/chat/model.ts';
import type { ConnectionPhase } from '../features/connection/model.ts';
import { sweepHops } from '../features/hops/model.ts';
import { NO_FILTER, type RoleFilter } from '../features/reorganise/model.ts';
import { NO_STEPS, type Steps } from '../features/reorganise/steps.ts';
import { asWished, keepOpenWishes, type TeamWishes } from '../features/teams/wishes.ts';
import type { Role, Roles } from '../features/workspaces/model.ts';
import { foldFrames, type Live, NOTHING } from './canvas-state.ts';

export type PanelTab =
  | 'chat'
  | 'activity'
  | 'logs'
  | 'terminal'
  | 'files'
  | 'memory'
  | 'config'
  | 'secrets'
  | 'skills'
  | 'events'
  | 'details';

export type OrganisationPart = 'feed' | 'events' | 'spend';

/** What stands in the side panel. */
export type Panel =
  | { kind: 'closed' }
  | {
      kind: 'role';
      id: string;
      tab: PanelTab;
      /** The other role whose messages were asked for. */
      talkWith?: string;
    }
  | { kind: 'organisation'; part?: OrganisationPart }
  | { kind: 'approvals' }
  | { kind: 'keys' }
  | { kind: 'memory' };

export interface Canvas extends Live {
  phase: ConnectionPhase;
  /** True from the first complete reading on. */
  isRead: boolean;
  tenant: tenant.TenantInfo | null;
  panel: Panel;
  /** The role that the keyboard is on. */
  focusedId: string | null;
  /** The role that the pointer is on. */
  pointedId: string | null;
  threads: Readonly<Record<string, Thread>>;
  /** Hand-made moves that the server has not confirmed by a reading yet. */
  moved: Readonly<Record<string, { x: number; y: number }>>;
  /** Teams that were put away or brought back here, until the server's list shows it. */
  wishes: TeamWishes;
  notices: readonly Notice[];
  /** Roles that a person has taken together. */
  chosenIds: ReadonlySet<string>;
  filter: RoleFilter;
  /** Roles for which another manager is being chosen; `to` when one was pointed at. */
  moving: { ids: readonly string[]; to: string | null | undefined } | null;
  /** A new role is being described, to stand below this manager or at the top. */
  hiring: { managerId: string | null } | null;
  /** A question about one role is open. */
  asking: { id: string; what: 'rename' | 'remove' | 'limit' } | null;
  /** Counts how often the board was asked to show everything. */
  fitAsked: number;
  /** The card that a dragged one would be put below. */
  dropId: string | null;
  steps: Steps;
  /** Texts that somebody changed and did not save, by role, root and path. */
  drafts: Readonly<Record<string, string>>;
  fold(frames: readonly events.EventFrame[]): void;
  sweep(): void;
  setRoles(roles: readonly Role[]): void;
  addFeed(items: readonly FeedItem[]): void;
  /** Events from before this page was opened: they fill the feed and change nothing else. */
  addPast(frames: readonly events.EventFrame[]): void;
  setThread(id: string, change: (thread: Thread) => Thread): void;
  notify(notice: Omit<Notice, 'id'>): void;
  /** Null gives a draft up. */
  setDraft(key: string, text: string | null): void;
}

export interface Notice {
  id: number;
  tone: 'plain' | 'error';
  title: string;
  detail?: string;
  /** What can still be done about it. */
  action?: { label: string; run: () => void };
}

export type CanvasStore = StoreApi<Canvas>;

const NOTICES_KEPT = 4;

export function createCanvasStore(now: () => number = Date.now): CanvasStore {
  let noticeId = 0;
  return createStore<Canvas>()((set) => ({
    ...NOTHING,
    phase: { kind: 'connecting' },
    isRead: false,
    tenant: null,
    panel: { kind: 'closed' },
    focusedId: null,
    pointedId: null,
    threads: {},
    moved: {},
    wishes: {},
    notices: [],
    chosenIds: new Set<string>(),
    filter: NO_FILTER,
    moving: null,
    hiring: null,
    asking: null,
    fitAsked: 0,
    dropId: null,
    steps: NO_STEPS,
    drafts: {},
    fold: (frames) => set((state) => foldFrames(state, frames, now())),
    sweep: () =>
      set((state) => {
        const hops = sweepHops(state.hops, now());
        return hops === state.hops ? state : { hops };
      }),
    setRoles: (roles) =>
      set((state) => ({
        roles: Object.fromEntries(roles.map((role) => [role.id, asWished(state.wishes, role)])) as Roles,
        isStale: false,
        isRead: true,
        moved: keepUnconfirmed(state.moved, roles),
        wishes: keepOpenWishes(state.wishes, roles),
      })),
    addFeed: (items) => set((state) => ({ feed: mergeFeed(state.feed, items) })),
    addPast: (frames) => {
      const items = frames.map(readFeedItem).filter((item) => item !== null);
      set((state) => ({ feed: mergeFeed(state.feed, items) }));
    },
    setThread: (id, change) =>
      set((state) => ({ threads: { ...state.threads, [id]: change(state.threads[id] ?? emptyThread()) } })),
    notify: (notice) =>
      set((state) => ({ notices: [...state.notices, { ...notice, id: ++noticeId }].slice(-NOTICES_KEPT) })),
    setDraft: (key, text) =>
      set(({ drafts: { [key]: _before, ...rest } }) => ({
        drafts: text === null ? rest : { ...rest, [key]: text },
      })),
  }));
}

/** A move stays until the server's list shows it, so that a card never jumps back while it is being saved. */
function keepUnconfirmed(moved: Canvas['moved'], roles: readonly Role[]): Canvas['moved'] {
  const pending = roles.filter((role) => {
    const to = moved[role.id];
    return to !== undefined && (to.x !== role.x || to.y !== role.y);
  });
  return Object.fromEntries(pending.map(({ id }) => [id, moved[id] as { x: number; y: number }]));
}
