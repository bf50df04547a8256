// Undo: steps go back and forth in their order, and a step that fails stays where it is.

import { describe, expect, it } from 'vitest';
import type { CanvasTools } from '../../store/canvas-context.ts';
import { createCanvasStore } from '../../store/store.ts';
import type { Step } from './steps.ts';
import { addStep, redoStep, undoStep } from './undo.ts';

function bench() {
  const tools = { store: createCanvasStore() } as CanvasTools;
  const log: string[] = [];
  const step = (label: string, isWorking = true): Step => ({
    label,
    undo: async () => {
      log.push(`undo ${label}`);
      return isWorking;
    },
    redo: async () => {
      log.push(`redo ${label}`);
      return isWorking;
    },
  });
  return { tools, log, step };
}

describe('undo', () => {
  it('takes steps back in reverse, also when they are asked for at once, and does them again', async () => {
    const { tools, log, step } = bench();
    addStep(tools, step('a'));
    addStep(tools, step('b'));
    await Promise.all([undoStep(tools), undoStep(tools), undoStep(tools)]);
    await redoStep(tools);
    expect(log).toEqual(['undo b', 'undo a', 'redo a']);
  });

  it('forgets what could be done again when something new is done', async () => {
    const { tools, log, step } = bench();
    addStep(tools, step('a'));
    await undoStep(tools);
    addStep(tools, step('b'));
    await redoStep(tools);
    expect(log).toEqual(['undo a']);
  });

  it('keeps a step that could not be undone', async () => {
    const { tools, step } = bench();
    addStep(tools, step('a', false));
    await undoStep(tools);
    expect(tools.store.getState().steps.past).toHaveLength(1);
    expect(tools.store.getState().steps.future).toHaveLength(0);
  });
});
