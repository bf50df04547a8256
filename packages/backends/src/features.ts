// Features: what people can expect of a workspace wherever it runs: the rows of the parity matrix. Tests say which row and
// which backend they stand behind; a row that no test stands behind on some backend is a failure (see docs/parity.md).

import type { BackendKind } from './backend.ts';
import type { Verb } from './verbs.ts';

interface Feature {
  title: string;
  /** Where the tests ask: of the dispatcher itself, or through the API of a tenant. */
  asked: 'dispatcher' | 'api';
}

const of = (asked: Feature['asked'], titles: Record<string, string>): [string, Feature][] =>
  Object.entries(titles).map(([id, title]) => [id, { title, asked }]);

export const FEATURES: ReadonlyMap<string, Feature> = new Map([
  ...of('dispatcher', {
    verbs: 'Every verb is answered, or refused as unsupported with its reason',
    starts: 'Start: one unit, the newest; a failed start leaves nothing',
    stops: 'Stop and erase, as often as asked',
    restarts: 'Restarts join and follow each other',
    probes: 'Probe and list; an end from outside is seen once',
    delivery: 'Config, token and environment are complete before the first instruction',
    config: 'Config files while stopped, and no path outside',
    live: 'Live files, byte for byte, and no path outside',
    shell: 'Terminal',
    output: 'Logs with a cursor',
    sessions: 'Session reset',
    carries: 'What is kept is carried to another backend and back',
    adoption: 'Units outlive the server and are taken over',
  }),
  ...of('api', {
    create: 'Create and come online',
    message: 'A2A message to the agent',
    import: 'Org import',
    team: 'Team expand and collapse',
    restart: 'Restart',
    reset: 'Restart with session reset',
    recover: 'Started again after its unit was lost',
    secrets: 'A changed secret reaches the agent',
    pause: 'Pause and resume of a tree',
    hibernate: 'Hibernate, and wake for a message',
    preflight: 'Missing required variables are named before the start',
    files: 'Config files through the API',
    folders: 'Live folders through the API',
    terminal: 'Terminal through the API',
    logs: 'Logs and console through the API',
    memory: 'Memory',
    peers: 'Peer discovery',
    move: 'Move to another backend and back by one field',
    remove: 'Remove a tree with everything that it kept',
  }),
]);

/** Backends that a tenant offers to people; the fake one is for tests of this repository. */
export const OFFERED: readonly BackendKind[] = ['process', 'docker', 'cloud', 'external'];

/** The end of a test's name: the cell that it stands behind. `declined`: it proves the refusal of this verb. */
export function cellMark(feature: string, backend: string, declined: Verb | null = null): string {
  if (!FEATURES.has(feature)) throw new Error(`there is no feature ${feature}`);
  return `[${feature}/${backend}${declined === null ? '' : `!${declined}`}]`;
}
