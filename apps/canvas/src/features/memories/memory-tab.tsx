// Memory tab: what a role may read, by namespace, with search; and its notes by key.

import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Button } from '../../ui/button.tsx';
import { Choice } from '../../ui/choice.tsx';
import type { Role } from '../workspaces/model.ts';
import { FoundMemories } from './found-memories.tsx';
import { KeyNotes } from './key-notes.tsx';
import { useMemoryEvents, useNamespaces } from './use-memories.ts';

const parts = () =>
  [
    { value: 'memories', label: say('memories.memories') },
    { value: 'keys', label: say('memories.notesByKey') },
  ] as const;

export default function MemoryTab({ role }: { role: Role }) {
  const { store } = useTools();
  const spaces = useNamespaces(role.id);
  useMemoryEvents(role.id, spaces.data?.readable.map(({ name }) => name) ?? []);
  const [part, setPart] = useState<'memories' | 'keys'>('memories');
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center justify-between gap-2 border-b border-line px-5 py-2">
        <Choice label={say('memories.whatIsShown')} options={parts()} value={part} onChoose={setPart} />
        <Button look="quiet" onClick={() => store.setState({ panel: { kind: 'memory' } })}>
          {say('memories.ofTheOrganisation')}
        </Button>
      </div>
      {part === 'memories' ? <FoundMemories role={role} /> : <KeyNotes role={role} />}
    </div>
  );
}
