// Use chat: one person's conversation with one role: what was said, what is being said, and how to say more.
//
//   C1. A running answer belongs to the store, not to the tab: closing the panel does not stop it.
//   C2. At most one answer runs per role and browser; the composer says so.
//   C3. Stop before the task has an id waits for the id and cancels then, so that nothing goes on unseen. Stop pressed again
//       ends the waiting, and says that the role may still work.

import { useCallback, useMemo } from 'react';
import { say } from '../../languages/say.ts';
import { type CanvasTools, useCanvas, useTools } from '../../store/canvas-context.ts';
import { useActivityRows } from '../activity/use-activity-rows.ts';
import type { Attachment } from './attachments.ts';
import {
  changeTurn,
  emptyThread,
  isOpen,
  joinTurns,
  newTurn,
  putTurn,
  type Turn,
  turnsFromRows,
} from './model.ts';
import { cancelTask, queueMessage, type SendDeps, streamMessage } from './send-message.ts';

export function useChat(roleId: string) {
  const tools = useTools();
  const rows = useActivityRows(roleId);
  const thread = useCanvas((canvas) => canvas.threads[roleId]) ?? EMPTY;
  const history = useMemo(
    () => turnsFromRows(rows.data?.filter((r) => r.workspace_id === roleId) ?? []),
    [rows.data, roleId],
  );
  const turns = useMemo(() => joinTurns(history, thread.turns), [history, thread.turns]);
  const open = turns.find(isOpen) ?? null;

  const send = useCallback(
    (text: string) => {
      if (tools.answering.has(roleId)) return;
      const { attached } = tools.store.getState().threads[roleId] ?? EMPTY;
      const ready = attached.flatMap(({ state }) => (state.kind === 'ready' ? [state.file] : []));
      const turn = newTurn(crypto.randomUUID(), text, Date.now(), ready);
      tools.store
        .getState()
        .setThread(roleId, (t) => putTurn({ ...t, draft: '', attached: withoutReady(t.attached) }, turn));
      void run(tools, roleId, turn, turns);
    },
    [tools, roleId, turns],
  );
  const retry = useCallback(
    (failed: Turn) => {
      if (tools.answering.has(roleId) || failed.question === null) return;
      // The old id where nobody knows whether it arrived: then the work is done once. Otherwise a new one: the relay would
      // answer the old one with the old failure.
      const id = failed.trouble?.next === 'repeat' ? failed.id : crypto.randomUUID();
      const turn = newTurn(id, failed.question, Date.now(), failed.files);
      tools.store.getState().setThread(roleId, (t) => putTurn(t, turn));
      void run(tools, roleId, turn, turns);
    },
    [tools, roleId, turns],
  );
  const queue = useCallback(
    (failed: Turn) => {
      if (failed.question === null) return;
      const turn = newTurn(crypto.randomUUID(), failed.question, Date.now(), failed.files);
      tools.store.getState().setThread(roleId, (t) => putTurn(t, turn));
      void queueMessage(sendDeps, { roleId, turn, history: turns }, stepOf(tools, roleId, turn.id));
    },
    [tools, roleId, turns],
  );
  const stop = useCallback(() => void stopTurn(tools, roleId, open), [tools, roleId, open]);
  const setDraft = useCallback(
    (draft: string) => tools.store.getState().setThread(roleId, (t) => ({ ...t, draft })),
    [tools, roleId],
  );
  return { turns, open, draft: thread.draft, rows, send, retry, queue, stop, setDraft };
}

const EMPTY = emptyThread();
const withoutReady = (all: readonly Attachment[]) => all.filter(({ state }) => state.kind !== 'ready');
const sendDeps: SendDeps = { fetch: (...args) => fetch(...args), newId: () => crypto.randomUUID() };

function stepOf(tools: CanvasTools, roleId: string, turnId: string) {
  return (change: (turn: Turn) => Turn) =>
    tools.store.getState().setThread(roleId, (thread) => changeTurn(thread, turnId, change));
}

/** C3: a turn that is to stop is stopped by the step that brings its id. */
function stoppableStep(tools: CanvasTools, roleId: string, turnId: string) {
  const step = stepOf(tools, roleId, turnId);
  let isTold = false;
  return (change: (turn: Turn) => Turn) => {
    step(change);
    const turn = tools.store.getState().threads[roleId]?.turns.find(({ id }) => id === turnId);
    if (isTold || !turn?.isStopping || turn.taskId === null || !isOpen(turn)) return;
    isTold = true;
    void stopTurn(tools, roleId, turn);
  };
}

async function run(tools: CanvasTools, roleId: string, turn: Turn, history: readonly Turn[]): Promise<void> {
  const abort = new AbortController();
  tools.answering.set(roleId, abort);
  try {
    await streamMessage(
      sendDeps,
      { roleId, turn, history },
      stoppableStep(tools, roleId, turn.id),
      abort.signal,
    );
  } finally {
    tools.answering.delete(roleId);
  }
}

/** Tells the agent first, so that it stops working, then stops reading. */
async function stopTurn(tools: CanvasTools, roleId: string, turn: Turn | null): Promise<void> {
  if (turn?.taskId === null && !turn.isStopping) {
    stepOf(tools, roleId, turn.id)((before) => ({ ...before, isStopping: true }));
    return;
  }
  try {
    if (turn?.taskId) await cancelTask(sendDeps, roleId, turn.taskId);
    else sayMayStillWork(tools);
  } catch {
    sayMayStillWork(tools);
  } finally {
    tools.answering.get(roleId)?.abort();
  }
}

function sayMayStillWork(tools: CanvasTools): void {
  tools.store.getState().notify({
    tone: 'error',
    title: say('chat.theRoleMayStill'),
    detail: say('chat.itCouldNotBe'),
  });
}
