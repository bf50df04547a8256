// Connection: the states that the link to the server can be in, and what each means to a person.

import { say } from '../../languages/say.ts';

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
      return {
        label: say('connection.connecting'),
        detail: say('connection.readingTheOrganisation'),
        tone: 'motion',
      };
    case 'live':
      return { label: say('connection.live'), detail: say('connection.changesAppearAsThey'), tone: 'well' };
    case 'reconnecting':
      return isBrowserOnline
        ? {
            label: say('connection.reconnecting'),
            detail: say('connection.theServerDoesNot'),
            tone: 'warn',
          }
        : { label: say('connection.offline'), detail: say('connection.thisDeviceHasNo'), tone: 'warn' };
    case 'signed_out':
      return { label: say('connection.signedOut'), detail: say('connection.signInToGo'), tone: 'fail' };
    case 'forbidden':
      return { label: say('connection.notAllowed'), detail: phase.message, tone: 'fail' };
  }
}
