// Memory routes: by scope, by namespace, and the administrator's export and import.

import { memories as contract } from '@molecule/contracts';
import { faults } from '@molecule/domain';
import type { Binder } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { parseParentId, requireWorkspace } from '../workspaces/index.ts';
import { backfillMemories } from './backfill-memories.ts';
import { exportMemories } from './export-memories.ts';
import { bindForgetRoutes } from './forget-routes.ts';
import { importMemories } from './import-memories.ts';
import type { MemoryDeps } from './memory-deps.ts';
import { bindNamespaceRoutes } from './namespace-routes.ts';
import { previewMove } from './preview-move.ts';
import { saying } from './route-parts.ts';
import { bindScopedRoutes } from './scoped-routes.ts';

export function bindMemoryRoutes(app: FastifyInstance, binder: Binder, deps: MemoryDeps): void {
  bindScopedRoutes(app, binder, deps);
  bindNamespaceRoutes(app, binder, deps);
  bindForgetRoutes(app, binder, deps);
  binder.bind(app, contract.previewMove, async ({ params, query }) => {
    const { id } = requireWorkspace(deps.directory, params.id);
    if (query.parent === undefined)
      throw faults.invalidRequest('parent is required: a UUID, or empty for none');
    const parentId = parseParentId(query.parent === 'null' ? null : query.parent);
    return previewMove(deps, id, parentId);
  });
  binder.bind(app, contract.exportMemories, async () =>
    saying('export query failed', () => exportMemories(deps)),
  );
  binder.bind(app, contract.importMemories, async ({ body }) =>
    saying('failed to store memory', () => importMemories(deps, body)),
  );
  binder.bind(app, contract.backfillMemories, async ({ body }) => ({
    results: await saying('failed to store memory', () => backfillMemories(deps, body.mode, body.rows)),
  }));
}
