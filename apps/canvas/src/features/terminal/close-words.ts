// Close words: why a terminal ended, from the code that its socket was closed with.

import { say } from '../../languages/say.ts';

export function closeWords(code: number, reason: string): string {
  switch (code) {
    case 1000:
      return say('terminal.theShellEnded');
    case 1006:
      return say('terminal.theConnectionBrokeOr');
    case 1008:
      return say('terminal.theCredentialWasRevoked');
    case 1009:
      return say('terminal.tooMuchWasPasted');
    case 4408:
      return say('terminal.closedAfterThirtyMinutes');
    default:
      return reason === '' ? say('terminal.theServerClosedThe', { code }) : sentence(reason);
  }
}

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
