// Role words: what a role does right now, or why it does not, in one line.

import type { Role } from './model.ts';
import { STATUS_LOOKS } from './status-look.ts';

export function captionOf(role: Role): string {
  if (role.activeTasks > 0 && role.currentTask) return role.currentTask;
  if (role.status === 'failed') return role.statusDetail || role.lastError || STATUS_LOOKS.failed.meaning;
  return role.purpose ?? STATUS_LOOKS[role.status].meaning;
}

export function countWords(role: Role): string {
  return role.maxConcurrentTasks > 1
    ? `${role.activeTasks} of ${role.maxConcurrentTasks} tasks`
    : role.activeTasks === 1
      ? '1 task'
      : `${role.activeTasks} tasks`;
}
