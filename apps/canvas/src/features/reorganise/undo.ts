// Undo: what a person did to the chart, step by step, back and forth. A step that can't be taken stays where it is.

import { say } from '../../languages/say.ts';
import type { CanvasTools } from '../../store/canvas-context.ts';
import type { Step, Steps } from './steps.ts';

const STEPS_KEPT = 50;

/** A new step ends what could be done again. */
export function addStep({ store }: CanvasTools, step: Step): void {
  store.setState(({ steps }) => ({
    steps: { ...steps, past: [...steps.past, step].slice(-STEPS_KEPT), future: [] },
  }));
}

export const undoStep = (tools: CanvasTools) => takeStep(tools, 'past');
export const redoStep = (tools: CanvasTools) => takeStep(tools, 'future');

/** One after the other: who presses the key thrice goes three steps back. */
function takeStep({ store }: CanvasTools, from: 'past' | 'future'): Promise<void> {
  const running = store.getState().steps.running.then(() => takeOne(store, from));
  store.setState(({ steps }) => ({ steps: { ...steps, running } }));
  return running;
}

async function takeOne(store: CanvasTools['store'], from: 'past' | 'future'): Promise<void> {
  const { steps, notify } = store.getState();
  const step = steps[from].at(-1);
  if (!step) return;
  store.setState({ steps: { ...steps, isBusy: true } });
  const isDone = await (from === 'past' ? step.undo() : step.redo());
  store.setState(({ steps: now }) => ({
    steps: { ...now, ...(isDone ? handOver(now, from) : {}), isBusy: false },
  }));
  if (isDone)
    notify({
      tone: 'plain',
      title: say(from === 'past' ? 'reorganise.undone' : 'reorganise.doneAgain', { step: step.label }),
    });
}

function handOver({ past, future }: Steps, from: 'past' | 'future'): Pick<Steps, 'past' | 'future'> {
  const [source, target] = from === 'past' ? [past, future] : [future, past];
  const step = source.at(-1);
  const less = source.slice(0, -1);
  const more = step ? [...target, step] : target;
  return from === 'past' ? { past: less, future: more } : { past: more, future: less };
}
