// Tests of collapsing: the last wish is what the server is left with, however the answers and lists come in.

import { describe, expect, it } from 'vitest';
import type { CanvasTools } from '../../store/canvas-context.ts';
import { createCanvasStore } from '../../store/store.ts';
import type { Role } from '../workspaces/model.ts';
import { collapseAll, expandAll, setCollapsed } from './collapse-team.ts';

const ROLES = [
  { id: 'boss', parentId: null, isCollapsed: false, name: 'Boss' },
  { id: 'tech', parentId: 'boss', isCollapsed: false, name: 'Tech' },
  { id: 'cleo', parentId: 'tech', isCollapsed: false, name: 'Cleo' },
] as unknown as Role[];

/** A server that answers when it is told to, and refuses whom it is told to. */
function opened(refused: readonly string[] = []) {
  const store = createCanvasStore();
  store.getState().setRoles(ROLES);
  const kept: Record<string, boolean> = {};
  const waiting: (() => void)[] = [];
  const call = (_: unknown, { params, body }: { params: { id: string }; body: { collapsed: boolean } }) =>
    new Promise<unknown>((resolve, reject) => {
      waiting.push(() => {
        if (refused.includes(params.id)) reject(new Error('refused'));
        else resolve(Object.assign(kept, { [params.id]: body.collapsed }));
      });
    });
  const tools = { store, call } as unknown as CanvasTools;
  const answerAll = async () => {
    for (let turn = 0; turn < 50; turn++) {
      waiting.shift()?.();
      await Promise.resolve();
    }
  };
  const isCollapsed = (id: string) => store.getState().roles[id]?.isCollapsed;
  return { store, tools, kept, answerAll, isCollapsed };
}

describe('collapsing and expanding all teams', () => {
  it('leaves the server with the last wish, also when a list from in between comes in', async () => {
    const { store, tools, kept, answerAll, isCollapsed } = opened();
    const collapsed = collapseAll(tools);
    expect([isCollapsed('boss') || isCollapsed('tech')]).toEqual([true]);
    // Read before anything was saved: it must not make expanding overlook a team.
    store.getState().setRoles(ROLES);
    const expanded = expandAll(tools);
    await answerAll();
    await Promise.all([collapsed, expanded]);
    expect(Object.values(kept).filter(Boolean)).toEqual([]);
    expect([isCollapsed('boss'), isCollapsed('tech')]).toEqual([false, false]);
  });

  it('is saved also when lists come in while it waits for its turn', async () => {
    const { store, tools, kept, answerAll } = opened();
    const done = setCollapsed(tools, ['boss', 'tech'], true);
    store.getState().setRoles(ROLES);
    store.getState().setRoles(ROLES);
    await answerAll();
    await done;
    expect(kept).toEqual({ boss: true, tech: true });
  });

  it('shows again what the server refused to put away', async () => {
    const { tools, answerAll, isCollapsed } = opened(['tech']);
    const done = setCollapsed(tools, ['tech'], true);
    expect(isCollapsed('tech')).toBe(true);
    await answerAll();
    await done;
    expect(isCollapsed('tech')).toBe(false);
  });
});
