// Fake run: plays one task going down the demo organisation's chart and coming back, at a speed that eyes can follow.

import { setTimeout as sleep } from 'node:timers/promises';
import { DEMO_ROLES } from './demo-organisation.ts';
import type { FakeState, FakeWorkspace } from './fake-state.ts';

export async function playRun(
  state: FakeState,
  headName: string,
  task: string,
  stepMs: number,
): Promise<void> {
  const head = state.byName(headName);
  state.work(head, task, 1);
  try {
    await sleep(stepMs);
    const reports = DEMO_ROLES.filter((role) => role.reportsTo === headName);
    const isHead = DEMO_ROLES.find((role) => role.name === headName)?.reportsTo === null;
    if (isHead) {
      // The assembler needs what the leads found, so it comes last.
      await Promise.all(
        reports.slice(0, -1).map((role) => playHop(state, head, state.byName(role.name), stepMs)),
      );
      const last = reports.at(-1);
      if (last) await playHop(state, head, state.byName(last.name), stepMs);
    } else {
      await Promise.all(reports.map((role) => playHop(state, head, state.byName(role.name), stepMs)));
    }
    await sleep(stepMs * (0.5 + Math.random()));
  } finally {
    state.work(head, task, -1);
  }
}

async function playHop(
  state: FakeState,
  from: FakeWorkspace,
  to: FakeWorkspace,
  stepMs: number,
): Promise<void> {
  const startedAt = Date.now();
  const task = `Check your part of the sample text and report to ${from.name}`;
  const says = DEMO_ROLES.find((role) => role.name === to.name)?.says ?? 'Done.';
  state.log(from.id, {
    activity_type: 'a2a_send',
    source_id: from.id,
    target_id: to.id,
    method: 'message/send',
    summary: `Delegating to ${to.name}: ${task}`,
    request_body: { task },
  });
  await playRun(state, to.name, task, stepMs);
  const duration_ms = Date.now() - startedAt;
  const ends = { source_id: from.id, target_id: to.id, method: 'message/send', duration_ms };
  state.log(to.id, {
    activity_type: 'a2a_receive',
    ...ends,
    summary: `message/send → ${to.name}`,
    request_body: { params: { message: { parts: [{ kind: 'text', text: task }] } } },
    response_body: {
      result: { kind: 'message', parts: [{ kind: 'text', text: says }], metadata: { simulated: true } },
    },
  });
  state.log(from.id, {
    activity_type: 'a2a_receive',
    ...ends,
    summary: `Answer from ${to.name}`,
    response_body: { text: says },
  });
}
