// Composer: where a person writes to a role and attaches files: chosen, dropped or pasted. Enter sends, Shift+Enter breaks
// the line.

import { type ClipboardEvent, type DragEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { say } from '../../languages/say.ts';
import { IconButton } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import type { Role } from '../workspaces/model.ts';
import { STATUS_LOOKS, statusLabel, statusMeaning } from '../workspaces/status-look.ts';
import { WaitingFiles } from './attached-files.tsx';
import { type Offered, offeredBy, useAttachments } from './use-attachments.ts';

interface ComposerProps {
  role: Role;
  draft: string;
  isAnswering: boolean;
  onDraft: (text: string) => void;
  onSend: (text: string) => void;
  onStop: () => void;
}

export function Composer({ role, draft, isAnswering, onDraft, onSend, onStop }: ComposerProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another role means another conversation
  useEffect(() => {
    field.current?.focus({ preventScroll: true });
  }, [role.id]);
  const text = draft.trim();
  const { attached, attach, remove } = useAttachments(role.id);
  const [isOver, setOver] = useState(false);
  const isUploading = attached.some(({ state }) => state.kind === 'uploading');
  const hasReady = attached.some(({ state }) => state.kind === 'ready');
  const canSend = (text !== '' || hasReady) && !isUploading && !isAnswering;
  const take = (event: ClipboardEvent | DragEvent, transfer: DataTransfer) => {
    const offered = offeredBy(transfer);
    if (offered.files.length + offered.folders.length === 0) return;
    event.preventDefault();
    attach(offered);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    if (canSend) onSend(text);
  };
  const isUp = role.status === 'online' || role.status === 'degraded';
  return (
    <form
      className={`border-t border-line px-5 pt-3 pb-4 ${isOver ? 'bg-motion-soft' : ''}`}
      onPaste={(event) => take(event, event.clipboardData)}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes('Files')) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        take(event, event.dataTransfer);
      }}
      onSubmit={(event) => {
        event.preventDefault();
        if (canSend) onSend(text);
      }}
    >
      {isUp ? null : (
        <p className="mt-0 mb-2 flex gap-2 text-note text-ink-soft">
          <Icon name={STATUS_LOOKS[role.status].icon} />
          {statusLabel(role.status)}. {statusMeaning(role.status)}
        </p>
      )}
      <WaitingFiles attached={attached} onRemove={remove} />
      <div className="flex items-end gap-2 rounded-m border border-line-strong bg-raised p-1.5 focus-within:outline-2 focus-within:-outline-offset-1 focus-within:outline-motion">
        <ChooseFiles onOffer={attach} />
        <textarea
          ref={field}
          rows={1}
          value={draft}
          aria-label={say('chat.messageToRole', { role: role.name })}
          placeholder={role.suggestedTask ?? say('chat.messageRole', { role: role.name })}
          className="field-sizing-content max-h-48 min-h-8 flex-1 resize-none border-0 bg-transparent px-2 py-1.5 outline-none!"
          onChange={(event) => onDraft(event.target.value)}
          onKeyDown={onKeyDown}
        />
        {isAnswering ? (
          <RoundButton label={say('chat.stopTheAnswer')} icon="stop" type="button" onClick={onStop} />
        ) : (
          <RoundButton label={say('chat.send')} icon="send" type="submit" disabled={!canSend} />
        )}
      </div>
    </form>
  );
}

function ChooseFiles({ onOffer }: { onOffer: (offered: Offered) => void }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton
        icon="plus"
        label={say('chat.attachFiles')}
        className="size-8"
        onClick={() => input.current?.click()}
      />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={say('chat.filesToAttach')}
        onChange={({ currentTarget }) => {
          onOffer({ files: [...(currentTarget.files ?? [])], folders: [] });
          currentTarget.value = '';
        }}
      />
    </>
  );
}

interface RoundButtonProps {
  label: string;
  icon: 'send' | 'stop';
  type: 'button' | 'submit';
  disabled?: boolean;
  onClick?: () => void;
}

function RoundButton({ label, icon, type, disabled, onClick }: RoundButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={onClick}
      className={`flex size-8 shrink-0 items-center justify-center rounded-s ${icon === 'stop' ? 'bg-ink text-surface' : 'bg-motion text-on-motion'} disabled:bg-sunken disabled:text-ink-soft`}
    >
      <Icon name={icon} />
    </button>
  );
}
