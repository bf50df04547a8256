// Self message: a message of this workspace to itself through the relay, so that it is recorded like any other.

import { randomUUID } from 'node:crypto';
import type { Platform, RelayReply } from './connect/platform.ts';

export interface SelfMessage {
  text: string;
  messageId: string;
  timeoutMs: number;
  signal: AbortSignal;
}

export function selfMessage(platform: Platform, message: SelfMessage): Promise<RelayReply> {
  const body = {
    jsonrpc: '2.0',
    id: randomUUID(),
    method: 'message/send',
    params: {
      message: {
        kind: 'message',
        role: 'user',
        messageId: message.messageId,
        parts: [{ kind: 'text', text: message.text }],
        metadata: { source_workspace_id: platform.workspaceId },
      },
    },
  };
  return platform.relay(platform.workspaceId, body, {
    signal: AbortSignal.any([message.signal, AbortSignal.timeout(message.timeoutMs)]),
    timeoutSeconds: Math.ceil(message.timeoutMs / 1000),
  });
}
