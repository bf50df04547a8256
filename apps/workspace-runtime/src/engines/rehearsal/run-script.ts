// Run script: walks the steps of a rehearsal script for one turn.
//
//   W1. Steps run in their order, each at most once; a run ends after the last step, at `stop`, or by failing.
//   W2. An abort is noticed before each step and inside each wait.
//   W3. The answer is at most `replyChars` long; where it is cut, it says so.

import type { Clock } from '@molecule/kit';
import type { EngineEvent, Tool, Turn } from '../engine.ts';
import { EngineFailure } from '../engine-failure.ts';
import { delegate } from './delegation/delegate.ts';
import type { Value } from './operations/operation.ts';
import { findOperation } from './operations/registry.ts';
import { holds } from './script/condition.ts';
import { readInputs } from './script/read-inputs.ts';
import { SCRIPT_BOUNDS, type Script, type Step, type StepOf } from './script/schema.ts';
import { readPath, type Scope } from './script/scope.ts';
import { showValue } from './script/show-value.ts';
import { renderTemplate, type Template } from './script/template.ts';
import { MARK, speak } from './speech.ts';

export interface RunDeps {
  self: { name: string; role: string; configDir: string };
  tools: ReadonlyMap<string, Tool>;
  clock: Clock;
  /** Overrides the script's own pace. */
  paceMs: number | null;
}

interface Run {
  turn: Turn;
  scope: Scope;
  deps: RunDeps;
  paceMs: number;
  spokenChars: number;
  calls: number;
}

export async function* runScript(script: Script, turn: Turn, deps: RunDeps): AsyncGenerator<EngineEvent> {
  const scope = await readInputs(script, turn, deps.self);
  const run: Run = { turn, scope, deps, paceMs: deps.paceMs ?? script.pace_ms, spokenChars: 0, calls: 0 };
  for (const step of script.steps) {
    turn.signal.throwIfAborted();
    if (step.when && !holds(step.when, scope)) continue;
    yield* runStep(step, run);
    if (step.action === 'stop') break;
  }
  yield { type: 'text', delta: `\n\n${MARK}` };
}

async function* runStep(step: Step, run: Run): AsyncGenerator<EngineEvent> {
  switch (step.action) {
    case 'say':
      return yield* say(step.say, run);
    case 'stop':
      return yield* say(step.stop, run);
    case 'status':
      return yield { type: 'status', text: renderTemplate(step.status, run.scope).trim() };
    case 'fail':
      throw new EngineFailure(renderTemplate(step.fail, run.scope).trim());
    case 'pause_ms':
      return await pause(step.pause_ms, run);
    case 'compute':
      return compute(step, run);
    case 'gather':
      return gather(step, run);
    case 'write':
      return void run.scope.set(step.save, renderTemplate(step.write, run.scope));
    case 'delegate':
      return yield* delegateTasks(step, run);
  }
}

async function* say(template: Template, run: Run): AsyncGenerator<EngineEvent> {
  // An empty value leaves its blank lines behind; two in a row are never meant.
  const text = renderTemplate(template, run.scope).replace(/\n{3,}/g, '\n\n');
  const room = SCRIPT_BOUNDS.replyChars - run.spokenChars;
  if (room <= 0) return;
  run.spokenChars += text.length;
  const cut = `\n\n(cut here: an answer is at most ${SCRIPT_BOUNDS.replyChars} characters long)`;
  const spoken = text.length <= room ? text : text.slice(0, room) + cut;
  yield* speak(spoken, { paceMs: run.paceMs, clock: run.deps.clock, signal: run.turn.signal });
}

/** Only there so that people can follow; at pace 0 nobody watches. */
async function pause(ms: number, run: Run): Promise<void> {
  if (run.paceMs > 0) await run.deps.clock.sleep(ms, run.turn.signal);
}

function compute(step: StepOf<'compute'>, run: Run): void {
  const text = showValue(readPath(run.scope, step.of));
  run.scope.set(step.save, findOperation(step.compute)!.run(text, step.with));
}

/** One list of all that the named lists hold; what is no list counts as one entry. */
function gather(step: StepOf<'gather'>, run: Run): void {
  const all = step.gather.flatMap((path): readonly Value[] => {
    const value = readPath(run.scope, path);
    if (value === null) return [];
    return Array.isArray(value) ? value : [value];
  });
  run.scope.set(step.save, all);
}

async function* delegateTasks(step: StepOf<'delegate'>, run: Run): AsyncGenerator<EngineEvent> {
  const results = yield* delegate(
    {
      targets: step.delegate,
      order: step.order,
      taskFor: (target, peer) => {
        const scope = new Map<string, Value>([...run.scope, ['peer', { name: peer.name, role: peer.role }]]);
        return renderTemplate(target.task ?? step.task!, scope).trim();
      },
      timeoutMs: step.timeout_seconds * 1000,
      waitOnlineMs: step.wait_online_seconds * 1000,
    },
    {
      turn: run.turn,
      tools: run.deps.tools,
      clock: run.deps.clock,
      nextCallId: () => `${run.turn.taskId}-${++run.calls}`,
    },
  );
  const answered = results.filter((result) => result.state === 'answered');
  const missing = results.filter((result) => result.state !== 'answered');
  run.scope.set(step.save, {
    all: results,
    answered,
    missing: missing.map(({ name, reason }) => ({ name, text: name, note: reason })),
  });
}
