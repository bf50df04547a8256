// Notify people: a message from an agent to whoever watches the canvas.

import { faults, type WorkspaceState } from '@molecule/domain';
import { type RecordDeps, recordActivity } from './record-activity.ts';

interface Notice {
  message?: string;
  attachments?: Record<string, unknown>[] | null;
}

interface FileAttachment {
  uri: string;
  name: string;
  mimeType?: string;
  size?: number;
}

const SUMMARY_CHARS = 80;

export async function notifyPeople(
  deps: RecordDeps,
  workspace: WorkspaceState,
  notice: Notice,
): Promise<void> {
  const { message } = notice;
  if (typeof message !== 'string' || message === '') throw faults.invalidRequest('message is required');
  const attachments = (notice.attachments ?? []).map(parseAttachment);
  await recordActivity(deps, {
    workspaceId: workspace.id,
    type: 'a2a_receive',
    targetId: workspace.id,
    method: 'notify',
    summary: `Agent message: ${shorten(message)}`,
    responseBody: {
      result: message,
      ...(attachments.length === 0 ? {} : { parts: attachments.map((file) => ({ kind: 'file', file })) }),
    },
  });
  deps.hub.broadcast('AGENT_MESSAGE', workspace.id, {
    message,
    workspace_id: workspace.id,
    name: workspace.name,
    ...(attachments.length === 0 ? {} : { attachments }),
  });
}

function parseAttachment(raw: Record<string, unknown>, index: number): FileAttachment {
  const { uri, name, mimeType, size } = raw;
  if (typeof uri !== 'string' || uri === '' || typeof name !== 'string' || name === '') {
    throw faults.invalidRequest(`attachment[${index}]: uri and name are required`);
  }
  return {
    uri,
    name,
    ...(typeof mimeType === 'string' ? { mimeType } : {}),
    ...(typeof size === 'number' ? { size } : {}),
  };
}

function shorten(text: string): string {
  return text.length > SUMMARY_CHARS ? `${text.slice(0, SUMMARY_CHARS)}…` : text;
}
