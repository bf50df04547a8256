// Check names: every name that a step reads must be an input or saved by an earlier step; found when a script is
// loaded, not when a person waits for its answer.

import { findOperation } from '../operations/registry.ts';
import { nearest } from './nearest.ts';
import type { Script, Step } from './schema.ts';
import type { Path } from './scope.ts';
import { namesIn } from './template.ts';

export interface NameProblem {
  path: (string | number)[];
  message: string;
}

/** Known without any input: the message as it came, who reads it, and what was noticed while reading it. */
export const BUILT_IN_NAMES = ['message', 'self', 'input_notes'] as const;

export function checkNames(script: Script): NameProblem[] {
  const known = new Set<string>([...BUILT_IN_NAMES, ...Object.keys(script.inputs)]);
  return script.steps.flatMap((step, index) => {
    const problems = [...unknownNames(step, known), ...optionProblems(step)];
    if ('save' in step) known.add(step.save);
    return problems.map(({ path, message }) => ({ path: ['steps', index, ...path], message }));
  });
}

function unknownNames(step: Step, known: ReadonlySet<string>): NameProblem[] {
  return readsOf(step)
    .filter(({ name, local }) => !known.has(name) && !local.includes(name))
    .map(({ name, key }) => ({
      path: [key],
      message: `"${name}" is not known here; did you mean "${nearest(name, [...known])}"? Known are the inputs and what earlier steps save`,
    }));
}

function readsOf(step: Step): { key: string; name: string; local: string[] }[] {
  const guard = step.when ? [read('when', step.when.path)] : [];
  switch (step.action) {
    case 'say':
      return [...guard, ...namesIn(step.say).map((name) => read('say', [name]))];
    case 'status':
      return [...guard, ...namesIn(step.status).map((name) => read('status', [name]))];
    case 'stop':
      return [...guard, ...namesIn(step.stop).map((name) => read('stop', [name]))];
    case 'fail':
      return [...guard, ...namesIn(step.fail).map((name) => read('fail', [name]))];
    case 'write':
      return [...guard, ...namesIn(step.write).map((name) => read('write', [name]))];
    case 'compute':
      return [...guard, read('of', step.of)];
    case 'gather':
      return [...guard, ...step.gather.map((path) => read('gather', path))];
    case 'delegate': {
      const templates = [step.task ?? [], ...step.delegate.map((target) => target.task ?? [])];
      return [...guard, ...templates.flatMap(namesIn).map((name) => read('task', [name], ['peer']))];
    }
    case 'pause_ms':
      return guard;
  }
}

function read(key: string, path: Path, local: string[] = []) {
  return { key, name: path[0]!, local };
}

function optionProblems(step: Step): NameProblem[] {
  if (step.action === 'delegate' && !step.task && step.delegate.some((target) => !target.task)) {
    return [{ path: ['task'], message: 'say what to do: give the step a task, or each peer its own' }];
  }
  if (step.action !== 'compute') return [];
  const { options } = findOperation(step.compute)!;
  if (options === null) {
    const given = Object.keys(step.with);
    if (given.length === 0) return [];
    return [{ path: ['with'], message: `"${step.compute}" has no options; remove ${given.join(', ')}` }];
  }
  const parsed = options.safeParse(step.with);
  if (parsed.success) return [];
  return parsed.error.issues.map((issue) => ({
    path: ['with', ...issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))],
    message: `${issue.message}; the options of "${step.compute}" are ${Object.keys(options.shape).join(', ')}`,
  }));
}
