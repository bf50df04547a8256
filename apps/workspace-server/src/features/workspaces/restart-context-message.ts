// Restart context message: the text that tells a restarted agent where it stands. Clients match on its lines.

import { randomUUID } from 'node:crypto';

export interface RestartFacts {
  /** Epoch milliseconds. */
  restartAt: number;
  /** Epoch milliseconds; null when the workspace never ran before. */
  previousSessionEndedAt: number | null;
  secretNames: readonly string[];
}

export function restartContextText(facts: RestartFacts): string {
  const names = [...new Set(facts.secretNames)].sort();
  return [
    '=== WORKSPACE RESTART CONTEXT ===',
    `Restart at: ${rfc3339(facts.restartAt)}`,
    `Previous session ended: ${describeEnd(facts)}`,
    `Env vars now available: ${names.length === 0 ? '(none)' : names.join(', ')}`,
    '=== END RESTART CONTEXT ===',
  ].join('\n');
}

export function restartContextMessage(facts: RestartFacts): Record<string, unknown> {
  return {
    jsonrpc: '2.0',
    id: randomUUID(),
    method: 'message/send',
    params: {
      message: {
        kind: 'message',
        role: 'user',
        messageId: randomUUID(),
        parts: [{ kind: 'text', text: restartContextText(facts) }],
        metadata: { source: 'platform', kind: 'restart_context', layer: 1, restart_context: true },
      },
    },
  };
}

function describeEnd({ restartAt, previousSessionEndedAt }: RestartFacts): string {
  if (previousSessionEndedAt === null) return '(no prior session on record)';
  const minutes = Math.max(0, Math.floor((restartAt - previousSessionEndedAt) / 60_000));
  return `${rfc3339(previousSessionEndedAt)} (${Math.floor(minutes / 60)}h ${minutes % 60}m ago)`;
}

/** Whole seconds, UTC. */
function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
