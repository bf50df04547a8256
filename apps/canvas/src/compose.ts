// Compose: the only place that builds the store, the caller and the follower, and ties them to this browser.

import { CallError, createClient } from '@molecule/client';
import { events, tenant, workspaces } from '@molecule/contracts';
import { readRecentActivity } from './features/activity/read-recent.ts';
import { warnOfUnsent } from './features/chat/unsent.ts';
import { PAGE, type SocketLike, TenantFollower } from './features/connection/follow-tenant.ts';
import { FrameBatch } from './features/connection/frame-batch.ts';
import { toRole } from './features/workspaces/model.ts';
import type { CanvasTools } from './store/canvas-context.ts';
import { toFrame } from './store/canvas-state.ts';
import { createCanvasStore } from './store/store.ts';

const CALL_TIMEOUT_MS = 30_000;
const HISTORY_EVENTS = '100';
const SWEEP_MS = 400;

export function compose(): CanvasTools {
  const store = createCanvasStore();
  const call = createClient({ baseUrl: '', timeoutMs: CALL_TIMEOUT_MS });
  const state = () => store.getState();
  const batch = new FrameBatch((frames) => state().fold(frames));
  const follower = new TenantFollower({
    readHead: async (signal) => {
      const rows = await call(events.listEvents, { query: { limit: '1' }, signal });
      return rows[0]?.seq ?? 0;
    },
    readSince: async (seq, signal) => {
      const query = { since_seq: String(seq), limit: String(PAGE) };
      return (await call(events.listEvents, { query, signal })).map(toFrame);
    },
    readSnapshot: async (signal) => {
      const isFirst = !state().isRead;
      const [list, info, past] = await Promise.all([
        call(workspaces.listWorkspaces, { signal }),
        isFirst ? call(tenant.readTenant, { signal }) : null,
        isFirst ? call(events.listEvents, { query: { limit: HISTORY_EVENTS }, signal }) : null,
      ]);
      if (info) store.setState({ tenant: info });
      if (past) {
        state().addPast(past.map(toFrame));
        void readRecentActivity(call, list, signal).then((items) => state().addFeed(items));
      }
      batch.flush();
      state().setRoles(list.map(toRole));
    },
    openSocket: (sinceSeq) => {
      const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
      return new WebSocket(`${scheme}//${location.host}/ws?since_seq=${sinceSeq}`) as SocketLike;
    },
    fold: (frames) => batch.add(frames),
    lastSeq: () => {
      batch.flush();
      return state().lastSeq;
    },
    setLastSeq: (seq) => store.setState({ lastSeq: seq, hops: {} }),
    onPhase: (phase) => store.setState({ phase }),
    random: Math.random,
    now: Date.now,
  });
  store.subscribe((now, before) => {
    if (now.isStale && !before.isStale) follower.reread();
  });
  return { store, call: signOutOn401(call, store), follower, answering: new Map() };
}

/** Ties the canvas to the page's life; returns what undoes it. */
export function startCanvas({ store, follower }: CanvasTools): () => void {
  const onOnline = () => follower.retryNow();
  window.addEventListener('online', onOnline);
  const sweeping = setInterval(() => store.getState().sweep(), SWEEP_MS);
  const endWarning = warnOfUnsent(window, () => store.getState().threads);
  follower.start();
  return () => {
    endWarning();
    window.removeEventListener('online', onOnline);
    clearInterval(sweeping);
    follower.stop();
  };
}

/** A credential that ended while the page was open leads to the sign-in page, whoever notices first. */
function signOutOn401(call: CanvasTools['call'], store: CanvasTools['store']): CanvasTools['call'] {
  return async (route, input) => {
    try {
      return await call(route, input);
    } catch (error) {
      const isSignIn = route.path.startsWith('/auth/');
      if (error instanceof CallError && error.status === 401 && !isSignIn) {
        store.setState({ phase: { kind: 'signed_out' } });
      }
      throw error;
    }
  };
}
