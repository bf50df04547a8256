// Use approval notes: a browser notification for a new request while the page is hidden, only where somebody agreed to it.

import { useCallback, useEffect, useRef, useState } from 'react';
import { say } from '../../languages/say.ts';
import type { Pending } from './model.ts';

const KEY = 'molecule.approval-notes';

export type Consent = 'unsupported' | 'refused' | 'off' | 'on';

export function useNotesConsent(): [Consent, (isWanted: boolean) => Promise<void>] {
  const [consent, setConsent] = useState<Consent>(readConsent);
  const choose = useCallback(async (isWanted: boolean) => {
    if (isWanted) await Notification.requestPermission();
    try {
      localStorage.setItem(KEY, isWanted ? 'on' : 'off');
    } catch (error) {
      console.warn('the choice is not kept: this browser refuses storage', error);
    }
    setConsent(readConsent());
  }, []);
  return [consent, choose];
}

export function useApprovalNotes(pending: readonly Pending[] | undefined): void {
  const seen = useRef<Set<string> | null>(null);
  useEffect(() => {
    if (!pending) return;
    const known = seen.current;
    seen.current = new Set(pending.map(({ id }) => id));
    // What waited before the page was opened is no news.
    if (!known || !document.hidden || readConsent() !== 'on') return;
    for (const row of pending) {
      if (!known.has(row.id)) {
        new Notification(say('approvals.rolenameAsksForApproval', { roleName: row.roleName }), {
          body: row.action,
          tag: row.id,
        });
      }
    }
  }, [pending]);
}

function readConsent(): Consent {
  if (typeof Notification === 'undefined') return 'unsupported';
  if (Notification.permission === 'denied') return 'refused';
  try {
    return Notification.permission === 'granted' && localStorage.getItem(KEY) === 'on' ? 'on' : 'off';
  } catch {
    // Storage may be refused; without a kept choice nothing is sent.
    return 'off';
  }
}
