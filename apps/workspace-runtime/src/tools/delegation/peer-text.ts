// Peer text: wraps what another agent said, so that a model can tell it from its own words and from ours.

export const PEER_ERROR_PREFIX = '[A2A_ERROR] ';
const OPEN = '[A2A_RESULT_FROM_PEER]';
const CLOSE = '[/A2A_RESULT_FROM_PEER]';
const ESCAPED_OPEN = '[_A2A_RESULT_FROM_PEER]';
const ESCAPED_CLOSE = '[_/A2A_RESULT_FROM_PEER]';

export function wrapPeerText(text: string): string {
  return `${OPEN}\n${escapeMarkers(text)}\n${CLOSE}`;
}

/** The wrapped text without its frame; text that was never wrapped is returned as it is. */
export function unwrapPeerText(text: string): string {
  if (!text.startsWith(`${OPEN}\n`)) return text;
  const end = text.lastIndexOf(`\n${CLOSE}`);
  return text
    .slice(OPEN.length + 1, end < 0 ? undefined : end)
    .replaceAll(ESCAPED_OPEN, OPEN)
    .replaceAll(ESCAPED_CLOSE, CLOSE);
}

/** What a delegation that failed tells the one who asked. */
export function delegationFailed(peer: string, detail: string): string {
  return [
    `DELEGATION FAILED to ${peer}: ${detail}`,
    'Choose one: hand the task to another peer that fits, do it yourself, or say plainly that this part is missing.',
    'Do not pretend that it was done.',
  ].join('\n');
}

function escapeMarkers(text: string): string {
  return text.replaceAll(OPEN, ESCAPED_OPEN).replaceAll(CLOSE, ESCAPED_CLOSE);
}
