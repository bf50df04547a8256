// Verbs: the one table of what the dispatcher can ask of which backend, and what it answers where that is impossible.
// The dispatcher, its tests and the parity matrix read this table.

import type { BackendKind } from './backend.ts';

export const VERBS = [
  'start',
  'stop',
  'stopAndPrune',
  'restart',
  'probe',
  'logs',
  'listUnits',
  'health',
] as const;
export type Verb = (typeof VERBS)[number];

/** What happens when a workspace has no backend that is wired. */
export const WITHOUT_BACKEND: Record<Verb, 'fail_workspace' | 'success' | 'gone' | 'fault' | 'empty'> = {
  start: 'fail_workspace',
  restart: 'fail_workspace',
  stop: 'success',
  stopAndPrune: 'success',
  probe: 'gone',
  logs: 'fault',
  listUnits: 'empty',
  health: 'empty',
};

/** Null: supported. A text: why this backend declines the verb. */
export const CAPABILITIES: Record<BackendKind, Record<Verb, string | null>> = {
  process: {
    start: null,
    stop: null,
    stopAndPrune: null,
    restart: null,
    probe: null,
    logs: null,
    listUnits: null,
    health: null,
  },
  external: {
    start: 'the agent runs elsewhere and registers itself',
    stop: null,
    stopAndPrune: null,
    restart: 'the agent runs elsewhere; restart it there',
    probe: null,
    logs: 'the agent runs elsewhere; its output stays there',
    listUnits: null,
    health: null,
  },
  fake: {
    start: null,
    stop: null,
    stopAndPrune: null,
    restart: null,
    probe: null,
    logs: null,
    listUnits: null,
    health: null,
  },
};
