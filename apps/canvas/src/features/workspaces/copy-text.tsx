// Copy text: an id or address that can be taken along.

import { useState } from 'react';
import { say } from '../../languages/say.ts';
import { useTools } from '../../store/canvas-context.ts';
import { Icon } from '../../ui/icon.tsx';

export function CopyText({ text }: { text: string }) {
  const { store } = useTools();
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      store.getState().notify({
        tone: 'error',
        title: say('workspaces.copyingIsNotAllowed'),
        detail: say('workspaces.selectTheTextInstead'),
      });
    }
  };
  return (
    <span className="inline-flex max-w-full items-center gap-1">
      <code className="min-w-0 truncate font-mono text-note">{text}</code>
      <button
        type="button"
        aria-label={isCopied ? say('workspaces.copied') : say('workspaces.copyText', { text })}
        className="rounded-s p-1 text-ink-soft hover:text-ink"
        onClick={() => void copy()}
        onBlur={() => setCopied(false)}
      >
        <Icon name={isCopied ? 'online' : 'copy'} />
      </button>
    </span>
  );
}
