// send_message_to_user: a message to the people of this workspace, outside of any answer.

import { activity } from '@molecule/contracts';
import { z } from 'zod';
import { defineTool } from '../define-tool.ts';
import { type ToolDeps, toolError } from '../tool-deps.ts';

export function sendMessageToUser({ platform }: ToolDeps) {
  return defineTool({
    name: 'send_message_to_user',
    description:
      'Send a message to the people who watch this workspace, for example to report progress of long work. Your answer to the current message is sent by itself; do not repeat it here.',
    input: z.object({ message: z.string().min(1).max(20_000) }),
    run: async ({ message }, { signal }) => {
      try {
        await platform.call(activity.notify, {
          params: { id: platform.workspaceId },
          body: { message },
          signal,
        });
        return 'Message sent to user';
      } catch (error) {
        signal.throwIfAborted();
        return toolError(error);
      }
    },
  });
}
