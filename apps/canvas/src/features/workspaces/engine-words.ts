// Engine words: what answers in a role, in a person's words.

import { chooseEngine } from '@molecule/domain';
import type { Role } from './model.ts';

export function engineWords(role: Pick<Role, 'runtime' | 'model'>): string {
  if (role.runtime === '') return '';
  if (role.runtime === 'external') return 'External agent';
  if (role.runtime === 'rehearsal') return 'Rehearsal';
  return role.model ? shortModel(role.model) : role.runtime === 'model' ? 'Model' : role.runtime;
}

/** Said when the engine that was asked for is not the one that runs; null otherwise. */
export function substitutionWords(role: Pick<Role, 'runtime'>): string | null {
  if (role.runtime === '' || role.runtime === 'external') return null;
  return chooseEngine(role.runtime).substitution;
}

/** `anthropic:claude-x` reads better as `claude-x`. */
function shortModel(model: string): string {
  return model.split(/[:/]/).at(-1) || model;
}
