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
  'console',
  'terminal',
  'removeVolumes',
  'writeAuthToken',
  'writeConfigFiles',
  'readConfigFile',
  'listFiles',
  'openFile',
  'writeFile',
  'deleteFile',
  'carry',
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
  console: 'fault',
  terminal: 'fault',
  removeVolumes: 'success',
  writeAuthToken: 'fault',
  writeConfigFiles: 'fault',
  readConfigFile: 'fault',
  listFiles: 'fault',
  openFile: 'fault',
  writeFile: 'fault',
  deleteFile: 'fault',
  carry: 'fault',
  listUnits: 'empty',
  health: 'empty',
};

/** Null: supported. A text: why this backend declines the verb. */
export const CAPABILITIES: Record<BackendKind, Record<Verb, string | null>> = {
  process: everything(),
  docker: everything(),
  cloud: {
    ...everything(),
    logs: 'the control plane gives no way to what an agent on its instance prints',
    terminal: 'the control plane gives no way into the instance',
    writeAuthToken: 'the token travels with each start',
    writeConfigFiles: 'the configuration travels with each start; change it here and restart',
    readConfigFile: 'the configuration travels with each start; read it here',
    listFiles: 'the control plane gives no way to the files of the instance',
    openFile: 'the control plane gives no way to the files of the instance',
    writeFile: 'the control plane gives no way to the files of the instance',
    deleteFile: 'the control plane gives no way to the files of the instance',
    carry: 'the control plane gives no way to what an instance keeps',
  },
  external: {
    start: 'the agent runs elsewhere and registers itself',
    stop: null,
    stopAndPrune: null,
    restart: 'the agent runs elsewhere; restart it there',
    probe: null,
    logs: 'the agent runs elsewhere; its output stays there',
    console: 'the agent runs elsewhere; its output stays there',
    terminal: 'the agent runs elsewhere; open a terminal there',
    removeVolumes: null,
    writeAuthToken: 'the agent runs elsewhere; give it the token there',
    writeConfigFiles: 'the agent runs elsewhere and keeps its own configuration',
    readConfigFile: 'the agent runs elsewhere and keeps its own configuration',
    listFiles: 'the agent runs elsewhere; its files stay there',
    openFile: 'the agent runs elsewhere; its files stay there',
    writeFile: 'the agent runs elsewhere; its files stay there',
    deleteFile: 'the agent runs elsewhere; its files stay there',
    carry: 'the agent runs elsewhere; what it keeps stays there',
    listUnits: null,
    health: null,
  },
  fake: everything(),
};

export function capabilitiesOf(kind: BackendKind): Verb[] {
  return VERBS.filter((verb) => CAPABILITIES[kind][verb] === null);
}

function everything(): Record<Verb, null> {
  return Object.fromEntries(VERBS.map((verb) => [verb, null])) as Record<Verb, null>;
}
