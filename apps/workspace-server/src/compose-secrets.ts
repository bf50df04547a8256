// Compose secrets: joins the numbered configurations and the secrets of workspaces, and what restarts agents for them.

import type { Clock } from '@molecule/kit';
import { type Log, Semaphore, type Supervisor } from '@molecule/kit';
import type { Db, Tx } from '@molecule/postgres';
import type { TokenCensus } from './features/access/index.ts';
import { PgConfigStore } from './features/config/config-store.pg.ts';
import { AutoRestarts, ConfigHeads } from './features/config/index.ts';
import type { AppendIn } from './features/events/index.ts';
import {
  createWorkspaceSecrets,
  KeyRing,
  type KeySettings,
  resealSecrets,
  SecretMask,
  type SecretRouteDeps,
  SecretVault,
} from './features/secrets/index.ts';
import { PgSecretStore } from './features/secrets/secret-store.pg.ts';
import type {
  ConfigNumbers,
  EditDeps,
  ProvisionRequests,
  WorkspaceDirectory,
  WorkspaceSecrets,
} from './features/workspaces/index.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

export interface SecretParts {
  db: Db;
  clock: Clock;
  log: Log;
  supervisor: Supervisor;
  settings: KeySettings;
  orgId: string;
  appendEvent: AppendIn<Tx>;
  directory: WorkspaceDirectory;
  access: TokenCensus;
  publishSoon(): void;
}

export type TenantSecrets = Awaited<ReturnType<typeof composeSecrets>>;

export async function composeSecrets(parts: SecretParts) {
  const { db, clock, log, supervisor } = parts;
  const configs = new PgConfigStore(db, clock, parts.appendEvent);
  const secrets = new PgSecretStore(db, clock, configs, parts.appendEvent);
  const keys = await KeyRing.load(parts.settings);
  const vault = new SecretVault(keys, await secrets.sealedFor(parts.orgId));
  const mask = new SecretMask({ secrets, vault });
  const heads = new ConfigHeads();
  heads.apply(await configs.loadHeads());

  const numbers: ConfigNumbers = {
    async recordIn(tx, change) {
      const moved = await configs.recordIn(tx, change);
      return () => heads.apply(moved);
    },
    async begin(workspaceId) {
      const head = await configs.noteStarted(workspaceId);
      if (head) heads.apply([head]);
      return head?.number ?? null;
    },
    view: (workspaceId, reported) => heads.view(workspaceId, reported),
  };
  const workspaceSecrets: WorkspaceSecrets = createWorkspaceSecrets({ secrets, vault });
  const reseal = { secrets, vault, keys, lock: new Semaphore(1), log };
  const config = { configs, heads, directory: parts.directory, publishSoon: parts.publishSoon };
  const routes: SecretRouteDeps = {
    ...reseal,
    mask,
    heads,
    directory: parts.directory,
    access: parts.access,
    publishSoon: parts.publishSoon,
    restartSoon: () => supervisor.poke('config-restarts'),
  };

  return {
    numbers,
    /** What a change of files makes; its number is the newest also when nothing changed. */
    async recordFiles(tx: Tx, workspaceId: string, actor: string) {
      const change = { cause: 'files', actor, needsRestart: false, isTold: true };
      const moved = await configs.recordIn(tx, { workspaceIds: [workspaceId], ...change });
      const revision = moved[0]?.number ?? heads.get(workspaceId)?.number ?? null;
      return { revision, committed: () => heads.apply(moved) };
    },
    secrets: workspaceSecrets,
    globalNames: async () => (await secrets.names(null)).map(({ name }) => name),
    mask,
    routes,
    config,
    addLoops(edit: EditDeps, provision: ProvisionRequests): void {
      const restarts = new AutoRestarts({ ...edit, heads, configs, provision, log });
      supervisor.add({ name: 'config-restarts', intervalMs: SECOND, run: () => restarts.round() });
      // Finishes what a stop in the middle of a change of keys left, and brings in a key that came with the settings.
      supervisor.add({
        name: 'secret-keys',
        intervalMs: HOUR,
        timeoutMs: 600 * SECOND,
        run: async () => {
          await resealSecrets(reseal);
        },
      });
    },
  };
}
