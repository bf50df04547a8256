// Tool set: the tools that every engine gets, by name.

import type { Tool } from '../engines/engine.ts';
import { checkTaskStatus } from './delegation/check-task-status.ts';
import { delegateTask } from './delegation/delegate-task.ts';
import { delegateTaskAsync } from './delegation/delegate-task-async.ts';
import { commitMemory } from './memory/commit-memory.ts';
import { commitMemoryV2, commitSummary } from './memory/commit-to-namespace.ts';
import { forgetMemory } from './memory/forget-memory.ts';
import { listReadableNamespaces, listWritableNamespaces } from './memory/list-namespaces.ts';
import { recallMemory } from './memory/recall-memory.ts';
import { searchMemory } from './memory/search-memory.ts';
import { getWorkspaceInfo } from './peers/get-workspace-info.ts';
import { listPeers } from './peers/list-peers.ts';
import { sendMessageToUser } from './people/send-message-to-user.ts';
import type { ToolDeps } from './tool-deps.ts';

export function createToolSet(deps: ToolDeps): ReadonlyMap<string, Tool> {
  const tools = [
    listPeers,
    delegateTask,
    delegateTaskAsync,
    checkTaskStatus,
    sendMessageToUser,
    getWorkspaceInfo,
    commitMemory,
    recallMemory,
    commitMemoryV2,
    searchMemory,
    commitSummary,
    listReadableNamespaces,
    listWritableNamespaces,
    forgetMemory,
  ];
  return new Map(tools.map((create) => create(deps)).map((tool) => [tool.name, tool]));
}
