// Role words: what a role does right now, or why it does not, in one line.

import { say } from '../../languages/say.ts';
import type { Role } from './model.ts';
import { statusMeaning } from './status-look.ts';

export function captionOf(role: Role): string {
  if (role.activeTasks > 0 && role.currentTask) return role.currentTask;
  if (role.status === 'failed') return role.statusDetail || role.lastError || statusMeaning('failed');
  return role.purpose ?? statusMeaning(role.status);
}

export function countWords(role: Role): string {
  return role.maxConcurrentTasks > 1
    ? say('workspaces.tasksOf', { count: role.activeTasks, most: role.maxConcurrentTasks })
    : say('workspaces.tasks', { count: role.activeTasks });
}
