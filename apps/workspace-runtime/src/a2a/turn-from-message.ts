// Turn from message: reads what an engine needs out of an A2A request.

import type { RequestContext } from '@a2a-js/sdk/server';
import { isUuid } from '@molecule/domain';
import type { HistoryEntry, Turn } from '../engines/engine.ts';

type Json = Record<string, unknown>;
export const HISTORY_ENTRIES = 20;

export function turnFromRequest(context: RequestContext, signal: AbortSignal): Turn {
  const message = context.userMessage;
  const metadata: Json = { ...context.request.metadata, ...message.metadata };
  const texts: string[] = [];
  const data: unknown[] = [];
  for (const part of message.parts) {
    if (part.content?.$case === 'text') texts.push(part.content.value);
    if (part.content?.$case === 'data') data.push(part.content.value);
  }
  return {
    taskId: context.taskId,
    contextId: context.contextId,
    ...(message.messageId ? { messageId: message.messageId } : {}),
    text: texts.filter((text) => text !== '').join(' '),
    data,
    history: readHistory(metadata.history),
    senderId: readSender(metadata, context.context.state.get('headers')),
    metadata,
    signal,
  };
}

function readSender(metadata: Json, headers: unknown): string | null {
  const header = (headers as Record<string, unknown> | undefined)?.['x-workspace-id'];
  const given = [metadata.source_workspace_id, metadata.source_id, header].find(isUuid);
  return given ?? null;
}

/** `metadata.history = [{role, parts}]`: role `user` is a person, anything else the agent. */
function readHistory(value: unknown): HistoryEntry[] {
  if (!Array.isArray(value)) return [];
  return value
    .slice(-HISTORY_ENTRIES)
    .map((entry: Json) => ({
      role: entry?.role === 'user' ? ('user' as const) : ('agent' as const),
      text: textOf(entry?.parts),
    }))
    .filter((entry) => entry.text !== '');
}

function textOf(parts: unknown): string {
  if (!Array.isArray(parts)) return '';
  return parts
    .map((part: Json) => (typeof part?.text === 'string' ? part.text : ''))
    .filter((text) => text !== '')
    .join(' ');
}
