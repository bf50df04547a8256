// Unsent: asks before this page goes away while a message is written, or a file attached, and not sent.

import type { Thread } from './model.ts';

type Unsent = Pick<Thread, 'draft'> & Partial<Pick<Thread, 'attached'>>;

/** Whether any role's conversation holds what was never sent; blanks and refused files are nothing to lose. */
export function hasUnsent(threads: Readonly<Record<string, Unsent>>): boolean {
  return Object.values(threads).some(
    ({ draft, attached }) => draft.trim() !== '' || attached?.some(({ state }) => state.kind !== 'refused'),
  );
}

/** Makes the browser ask before it closes, reloads or leaves the page while there is unsent text. Returns the end of it. */
export function warnOfUnsent(page: EventTarget, threads: () => Readonly<Record<string, Unsent>>): () => void {
  const onBeforeUnload = (event: Event) => {
    if (hasUnsent(threads())) event.preventDefault();
  };
  page.addEventListener('beforeunload', onBeforeUnload);
  return () => page.removeEventListener('beforeunload', onBeforeUnload);
}
