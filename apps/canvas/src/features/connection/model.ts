// Connection: the states that the link to the server can be in, and what each means to a person.

export type ConnectionPhase =
  | { kind: 'connecting' }
  | { kind: 'live' }
  /** The link broke; what is shown may be old since then. */
  | { kind: 'reconnecting'; sinceMs: number; attempt: number; nextAtMs: number | null }
  /** No valid credential: the sign-in page is shown. */
  | { kind: 'signed_out' }
  /** The credential is valid, but not for this. */
  | { kind: 'forbidden'; message: string };

export interface PhaseWords {
  label: string;
  detail: string;
  tone: 'well' | 'motion' | 'warn' | 'fail';
}

export function describePhase(phase: ConnectionPhase, isBrowserOnline: boolean): PhaseWords {
  switch (phase.kind) {
    case 'connecting':
      return { label: 'Connecting', detail: 'Reading the organisation', tone: 'motion' };
    case 'live':
      return { label: 'Live', detail: 'Changes appear as they happen', tone: 'well' };
    case 'reconnecting':
      return isBrowserOnline
        ? {
            label: 'Reconnecting',
            detail: 'The server does not answer. What you see may be old; nothing is lost.',
            tone: 'warn',
          }
        : { label: 'Offline', detail: 'This device has no network. What you see may be old.', tone: 'warn' };
    case 'signed_out':
      return { label: 'Signed out', detail: 'Sign in to go on', tone: 'fail' };
    case 'forbidden':
      return { label: 'Not allowed', detail: phase.message, tone: 'fail' };
  }
}
