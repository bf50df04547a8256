// Config routes: a workspace's settings document, and the history of its configurations.

import { config as contract } from '@molecule/contracts';
import { type Binder, describeCaller } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { requireWorkspace, type WorkspaceDirectory } from '../workspaces/index.ts';
import type { ConfigHeads } from './config-heads.ts';
import type { ConfigStore } from './config-store.ts';

export interface ConfigRouteDeps {
  configs: ConfigStore;
  heads: ConfigHeads;
  directory: WorkspaceDirectory;
  publishSoon(): void;
}

export function bindConfigRoutes(app: FastifyInstance, binder: Binder, deps: ConfigRouteDeps): void {
  const { configs, heads, directory } = deps;

  binder.bind(app, contract.readConfig, async ({ params }) => {
    const { id } = requireWorkspace(directory, params.id);
    return { data: await configs.readDocument(id) };
  });

  binder.bind(app, contract.updateConfig, async ({ params, body, caller }) => {
    const { id } = requireWorkspace(directory, params.id);
    heads.apply(await configs.mergeDocument(id, body, describeCaller(caller)));
    deps.publishSoon();
    return { status: 'updated' as const };
  });

  binder.bind(app, contract.listGenerations, async ({ params, query }) => {
    const { id } = requireWorkspace(directory, params.id);
    return (await configs.list(id, query.limit)).map((generation) => ({
      number: generation.number,
      digest: generation.digest,
      cause: generation.cause,
      created_by: generation.createdBy,
      created_at: new Date(generation.createdAt).toISOString(),
    }));
  });
}
