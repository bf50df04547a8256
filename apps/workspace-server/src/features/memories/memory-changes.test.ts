// Memory changes: which namespaces are told, how often, and that nothing of the contents goes along (M1, M2).

import { describe, expect, it } from 'vitest';
import { MemoryChanges, notingPlugin } from './memory-changes.ts';
import type { PluginWrite } from './memory-plugin.ts';
import { idOf, mapPlugin } from './testing/memory-world.ts';

const WRITE: PluginWrite = {
  id: 'm1',
  content: 'the well-kept words',
  kind: 'fact',
  source: 'agent',
  expiresAt: null,
  isPinned: false,
  propagation: {},
  createdAt: null,
};

function ears() {
  const told: { type: string; workspaceId: string; payload: unknown }[] = [];
  const changes = new MemoryChanges({
    broadcast: (type, workspaceId, payload) => void told.push({ type, workspaceId, payload }),
  });
  return { told, changes };
}

describe('changes of memory', () => {
  it('are told once for each namespace, with its owner and without contents (M2)', async () => {
    const { told, changes } = ears();
    const plugin = notingPlugin(mapPlugin(false), changes);
    await plugin.write(`team:${idOf(1)}`, WRITE);
    await plugin.write(`team:${idOf(1)}`, { ...WRITE, id: 'm2' });
    await plugin.forget(`workspace:${idOf(2)}`, 'unknown');
    expect(await changes.tell()).toBe(2);
    expect(told).toEqual([
      { type: 'MEMORY_CHANGED', workspaceId: idOf(1), payload: { namespace: `team:${idOf(1)}` } },
      { type: 'MEMORY_CHANGED', workspaceId: idOf(2), payload: { namespace: `workspace:${idOf(2)}` } },
    ]);
    expect(await changes.tell()).toBe(0);
  });

  it('are told when a write failed and may have been kept (M1)', async () => {
    const { told, changes } = ears();
    const broken = { ...mapPlugin(false), write: () => Promise.reject(new Error('no answer')) };
    await expect(notingPlugin(broken, changes).write(`org:${idOf(3)}`, WRITE)).rejects.toThrow('no answer');
    await changes.tell();
    expect(told.map(({ workspaceId }) => workspaceId)).toEqual([idOf(3)]);
  });

  it('are not told for what is only read', async () => {
    const { changes } = ears();
    const plugin = notingPlugin(mapPlugin(false), changes);
    await plugin.search({
      namespaces: [`org:${idOf(1)}`],
      query: '',
      kinds: null,
      propagation: null,
      limit: 5,
    });
    await plugin.get(`org:${idOf(1)}`, 'm1');
    await plugin.list(`org:${idOf(1)}`, null);
    expect(await changes.tell()).toBe(0);
  });
});
