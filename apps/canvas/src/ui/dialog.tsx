// Dialog: a question that must be answered before anything else. Radix gives focus, escape and the screen reader's words.
// Its own Overlay is not used: it injects a style element, which the content policy refuses; a plain backdrop is enough
// because the page behind never scrolls.

import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

interface DialogProps {
  isOpen: boolean;
  onClose: () => void;
  title: string;
  /** Shown below the title; when absent the title must say it all. */
  description?: ReactNode;
  isTitleHidden?: boolean;
  className?: string;
  children: ReactNode;
}

export function Dialog({
  isOpen,
  onClose,
  title,
  description,
  isTitleHidden,
  className,
  children,
}: DialogProps) {
  return (
    <Radix.Root open={isOpen} onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <div className="fixed inset-0 z-40 bg-veil" aria-hidden="true" />
        <Radix.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          className={`rise fixed inset-x-0 top-[12vh] z-50 mx-auto max-h-[76vh] w-[min(30rem,calc(100vw-2rem))] overflow-auto rounded-l border border-line bg-raised p-6 shadow-(--shadow-float) ${className ?? ''}`}
        >
          <Radix.Title className={isTitleHidden ? 'sr-only' : 'm-0 text-title font-semibold'}>
            {title}
          </Radix.Title>
          {description ? (
            <Radix.Description className="mt-2 text-body text-ink-soft">{description}</Radix.Description>
          ) : null}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
