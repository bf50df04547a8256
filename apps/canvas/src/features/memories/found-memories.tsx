// Found memories: those of a namespace, newest first, or those that answer a search, best first.

import type { memories } from '@molecule/contracts';
import { useDeferredValue, useState } from 'react';
import { say } from '../../languages/say.ts';
import { numberWords, timeWords } from '../../languages/value-words.ts';
import { useCanvas } from '../../store/canvas-context.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Empty } from '../../ui/empty.tsx';
import { Select } from '../../ui/field.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Reading } from '../activity/activity-tab.tsx';
import type { Role } from '../workspaces/model.ts';
import { OutOfReach } from '../workspaces/out-of-reach.tsx';
import { namespaceWords, originOf, relativeScores, sourceWords } from './model.ts';
import { RememberDialog } from './remember-dialog.tsx';
import { useFound, useMemoryActions, useNamespaces } from './use-memories.ts';

const EVERYWHERE = '';

export function FoundMemories({ role }: { role: Role }) {
  const [namespace, setNamespace] = useState(EVERYWHERE);
  const [text, setText] = useState('');
  const [isWriting, setWriting] = useState(false);
  const sought = useDeferredValue(text.trim());
  const spaces = useNamespaces(role.id);
  const found = useFound(role.id, namespace === EVERYWHERE ? null : namespace, sought);
  const readable = spaces.data?.readable ?? [];
  const writable = spaces.data?.writable ?? [];
  const rows = found.data ?? [];
  const scores = relativeScores(rows);
  const labels = new Map(readable.map((row) => [row.name, namespaceWords(row)]));
  const canForget = new Set(writable.map((row) => row.name));
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-5 py-2">
        <Select
          label={say('memories.namespace')}
          value={namespace}
          onChoose={setNamespace}
          options={[
            { value: EVERYWHERE, label: say('memories.everythingItMayRead') },
            ...readable.map((row) => ({ value: row.name, label: namespaceWords(row) })),
          ]}
        />
        <input
          type="search"
          aria-label={say('memories.searchTheMemories')}
          placeholder={say('memories.search')}
          value={text}
          onChange={(event) => setText(event.target.value)}
          className="h-9 min-w-32 flex-1 rounded-s border border-line-strong bg-surface px-2.5"
        />
        <Button icon="plus" disabled={writable.length === 0} onClick={() => setWriting(true)}>
          {say('memories.remember')}
        </Button>
      </div>
      {found.isPending ? (
        <Reading />
      ) : found.error && rows.length === 0 ? (
        <OutOfReach what="memory" error={found.error} onRetry={() => void found.refetch()} />
      ) : rows.length === 0 ? (
        <Empty
          icon="search"
          title={sought === '' ? say('memories.nothingIsRememberedYet') : say('memories.nothingLikeThatIs')}
        >
          {sought === '' ? say('memories.whatAgentsKeepFor') : null}
        </Empty>
      ) : (
        <ul
          className="m-0 min-h-0 flex-1 list-none overflow-y-auto p-0"
          aria-label={say('memories.memories')}
        >
          {rows.map((memory) => (
            <MemoryCard
              key={memory.id}
              role={role}
              memory={memory}
              where={labels.get(memory.namespace) ?? memory.namespace}
              share={scores.get(memory.id)}
              canForget={canForget.has(memory.namespace)}
            />
          ))}
        </ul>
      )}
      {isWriting ? (
        <RememberDialog role={role} writable={writable} onClose={() => setWriting(false)} />
      ) : null}
    </>
  );
}

interface MemoryCardProps {
  role: Role;
  memory: memories.FoundMemory;
  where: string;
  share: number | undefined;
  canForget: boolean;
}

function MemoryCard({ role, memory, where, share, canForget }: MemoryCardProps) {
  const { forget, pin } = useMemoryActions(role.id);
  const roles = useCanvas((canvas) => canvas.roles);
  const [isAsked, setAsked] = useState(false);
  const { who, how } = originOf(memory, roles);
  const text = memory.content_raw ?? memory.content;
  return (
    <li className="flex gap-2 border-b border-line py-3 ps-5 pe-3">
      <div className="min-w-0 flex-1">
        <p className="m-0 break-words whitespace-pre-wrap">{text}</p>
        <p className="mt-1.5 mb-0 flex flex-wrap gap-x-3 gap-y-1 text-note text-ink-soft">
          {memory.pin ? (
            <span className="inline-flex items-center gap-1 font-medium text-ink">
              <Icon name="pin" className="size-3.5!" />
              {say('memories.pinned')}
            </span>
          ) : null}
          <span>{say('memories.origin', { who, how })}</span>
          <span>{where}</span>
          <time dateTime={memory.created_at}>{timeWords(memory.created_at, 'full')}</time>
          {memory.expires_at ? (
            <span>{say('memories.until', { time: timeWords(memory.expires_at, 'full') })}</span>
          ) : null}
          {memory.score === undefined ? null : <Score score={memory.score} share={share ?? 0} />}
        </p>
        {memory.provenance ? <SourceLine source={memory.provenance} /> : null}
      </div>
      {canForget ? (
        <div className="flex items-start">
          <IconButton
            icon="pin"
            label={memory.pin ? say('memories.unpinIt') : say('memories.pinIt')}
            aria-pressed={memory.pin}
            onClick={() => void pin(memory, !memory.pin)}
          />
          <IconButton icon="trash" label={say('memories.forgetIt')} onClick={() => setAsked(true)} />
        </div>
      ) : null}
      <Dialog
        isOpen={isAsked}
        onClose={() => setAsked(false)}
        title={say('memories.forgetItQuestion')}
        description={say('memories.noAgentFindsIt')}
      >
        <p className="mt-3 mb-0 line-clamp-6 rounded-m bg-sunken px-3 py-2.5 break-words">{text}</p>
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={() => setAsked(false)}>{say('memories.keepIt')}</Button>
          <Button look="danger" icon="trash" onClick={() => void forget(memory).then(() => setAsked(false))}>
            {say('memories.forget')}
          </Button>
        </div>
      </Dialog>
    </li>
  );
}

/** Where it comes from, as its writer said. */
function SourceLine({ source }: { source: memories.MemoryProvenance }) {
  const parts = sourceWords(source);
  return parts.length === 0 && !source.outside ? null : (
    <p className="mt-1 mb-0 flex flex-wrap gap-x-3 gap-y-1 text-note break-all text-ink-soft">
      {source.outside ? (
        <span className="inline-flex items-center gap-1 font-medium text-ink">
          <Icon name="info" className="size-3.5!" />
          {say('memories.fromOutside')}
        </span>
      ) : null}
      {parts.map((words) => (
        <span key={words}>{words}</span>
      ))}
    </p>
  );
}

function Score({ score, share }: { score: number; share: number }) {
  return (
    <span
      className="inline-flex items-center gap-1.5"
      title={say('memories.score', { score: String(score) })}
    >
      {say('memories.score', { score: numberWords(score, 3) })}
      <span className="h-1 w-12 overflow-hidden rounded-round bg-sunken" aria-hidden="true">
        <span className="block h-full bg-ink-soft" style={{ width: `${Math.round(share * 100)}%` }} />
      </span>
    </span>
  );
}
