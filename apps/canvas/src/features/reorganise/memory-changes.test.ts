// What moves change in memory, role by role, in words.

import type { memories } from '@molecule/contracts';
import { expect, it } from 'vitest';
import { memoryChanges } from './memory-changes.ts';

const ann = { id: 'a', name: 'Ann' };
const ben = { id: 'b', name: 'Ben' };
const change = (
  workspace: typeof ann,
  kind: memories.AccessChange['kind'],
  label: string,
  access: 'read' | 'write',
): memories.AccessChange => ({ workspace, namespace: `${kind}:${label}`, kind, label, access });

it('names each memory once, with what may be done with it', () => {
  const first = {
    memory: {
      gained: [
        change(ann, 'team', 'Tech', 'read'),
        change(ann, 'team', 'Tech', 'write'),
        change(ben, 'workspace', 'Cleo', 'read'),
      ],
      lost: [change(ann, 'team', 'Sales', 'write')],
    },
  };
  const second = { memory: { gained: [change(ann, 'org', 'Boss', 'read')], lost: [] } };
  expect(memoryChanges([first, second])).toEqual({
    gained: [
      {
        id: 'a',
        name: 'Ann',
        what: ['reads and writes the team memory of Tech', 'reads what is shared below Boss'],
      },
      { id: 'b', name: 'Ben', what: ['reads the memory of Cleo'] },
    ],
    lost: [{ id: 'a', name: 'Ann', what: ['writes the team memory of Sales'] }],
  });
});

it('says nothing where nothing changes', () => {
  expect(memoryChanges([{ memory: { gained: [], lost: [] } }])).toEqual({ gained: [], lost: [] });
});
