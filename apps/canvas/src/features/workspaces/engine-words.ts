// Engine words: what answers in a role, in a person's words.

import { chooseEngine } from '@molecule/domain';
import { say } from '../../languages/say.ts';
import type { Role } from './model.ts';

export function engineWords(role: Pick<Role, 'runtime' | 'model'>): string {
  if (role.runtime === '') return '';
  if (role.runtime === 'external') return say('workspaces.externalAgent');
  if (role.runtime === 'rehearsal') return say('workspaces.rehearsal');
  return role.model
    ? shortModel(role.model)
    : role.runtime === 'model'
      ? say('workspaces.model')
      : role.runtime;
}

/** Said when the engine that was asked for is not the one that runs; null otherwise. */
export function substitutionWords(role: Pick<Role, 'runtime'>): string | null {
  if (role.runtime === '' || role.runtime === 'external') return null;
  const { substitution } = chooseEngine(role.runtime);
  return substitution === null ? null : say('workspaces.substituted', { runtime: role.runtime });
}

/** `anthropic:claude-x` reads better as `claude-x`. */
function shortModel(model: string): string {
  return model.split(/[:/]/).at(-1) || model;
}
