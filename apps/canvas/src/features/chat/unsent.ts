// Unsent: asks before this page goes away while a message is written and not sent.

import type { Thread } from './model.ts';

/** Whether any role's conversation holds text that was never sent; blanks alone are nothing to lose. */
export function hasUnsent(threads: Readonly<Record<string, Pick<Thread, 'draft'>>>): boolean {
  return Object.values(threads).some((thread) => thread.draft.trim() !== '');
}

/** Makes the browser ask before it closes, reloads or leaves the page while there is unsent text. Returns the end of it. */
export function warnOfUnsent(
  page: EventTarget,
  threads: () => Readonly<Record<string, Pick<Thread, 'draft'>>>,
): () => void {
  const onBeforeUnload = (event: Event) => {
    if (hasUnsent(threads())) event.preventDefault();
  };
  page.addEventListener('beforeunload', onBeforeUnload);
  return () => page.removeEventListener('beforeunload', onBeforeUnload);
}
