// Panel frame: the side panel's head and closing. On a narrow screen it covers the board.

import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import { say } from '../languages/say.ts';
import { useTools } from '../store/canvas-context.ts';
import { IconButton } from '../ui/button.tsx';

interface PanelFrameProps {
  label: string;
  heading: ReactNode;
  /** For what has long lines. */
  isWide?: boolean;
  children: ReactNode;
}

export function PanelFrame({ label, heading, isWide, children }: PanelFrameProps) {
  const { store } = useTools();
  const panel = useRef<HTMLElement>(null);
  const close = () => {
    const { panel: open } = store.getState();
    store.setState({ panel: { kind: 'closed' } });
    if (open.kind !== 'role') return;
    document
      .querySelector<HTMLElement>(`[data-role-id="${CSS.escape(open.id)}"]`)
      ?.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    // A dialog's Escape bubbles through React's tree; it closes the dialog only.
    if (!panel.current?.contains(event.target as Node)) return;
    event.preventDefault();
    close();
  };
  useEffect(() => {
    panel.current?.querySelector<HTMLElement>('[data-first-focus]')?.focus({ preventScroll: true });
  }, []);
  return (
    <aside
      ref={panel}
      aria-label={label}
      onKeyDown={onKeyDown}
      className={`flex h-full min-h-0 ${isWide ? 'w-[min(44rem,60vw)]' : 'w-[28rem]'} shrink-0 flex-col border-s border-line bg-surface max-[720px]:absolute max-[720px]:inset-0 max-[720px]:z-20 max-[720px]:w-full max-[720px]:border-s-0`}
    >
      <header className="flex items-start justify-between gap-3 px-5 pt-3.5 pb-2">
        <div className="min-w-0">{heading}</div>
        <IconButton icon="close" label={say('panel.closeThePanel')} className="-mt-1 -me-2" onClick={close} />
      </header>
      {children}
    </aside>
  );
}
