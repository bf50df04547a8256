// Workspace routes: binds the contract to the use-cases.

import { budget, workspaces } from '@molecule/contracts';
import { faults, isUuid } from '@molecule/domain';
import { type Binder, describeCaller } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { readRequestKey } from '../request-keys/index.ts';
import { changeBudget, toBudgetView } from './change-budget.ts';
import { type CreateDeps, createWorkspace } from './create-workspace.ts';
import type { TeamDeps } from './expand-team.ts';
import { type HibernateDeps, hibernateWorkspace } from './hibernate-workspace.ts';
import { type PauseDeps, pauseWorkspace, resumeWorkspace } from './pause-workspace.ts';
import { bindProvisioningRoutes, type ProvisioningRouteDeps } from './provisioning-routes.ts';
import { type RemoveDeps, removeWorkspace } from './remove-workspace.ts';
import { isoOrNull, requireKnown, requireWorkspace } from './require-workspace.ts';
import { type RestartDeps, restartWorkspace } from './restart-workspace.ts';
import { bindTeamRoutes } from './team-routes.ts';
import { updateWorkspace } from './update-workspace.ts';
import { toAdminView, toView } from './workspace-view.ts';

export type WorkspaceRouteDeps = CreateDeps &
  RemoveDeps &
  PauseDeps &
  HibernateDeps &
  RestartDeps &
  ProvisioningRouteDeps &
  TeamDeps & {
    /** Messages that wait for a workspace, or are on their way to it. */
    queueDepthOf(workspaceId: string): number;
  };

export function bindWorkspaceRoutes(app: FastifyInstance, binder: Binder, deps: WorkspaceRouteDeps): void {
  const { directory, vitals } = deps;
  bindProvisioningRoutes(app, binder, deps);
  bindTeamRoutes(app, binder, deps);

  binder.bind(app, workspaces.createWorkspace, async ({ body, caller, request }) => {
    const key = readRequestKey(caller, request.headers['idempotency-key'], 'createWorkspace', body);
    return createWorkspace(deps, describeCaller(caller), body, key);
  });

  binder.bind(app, workspaces.listWorkspaces, async () =>
    directory
      .live()
      .map((state) => toAdminView(state, vitals.of(state.id), deps.numbers, deps.queueDepthOf(state.id))),
  );

  binder.bind(app, workspaces.readWorkspace, async ({ params, query }) => {
    const state = requireKnown(directory, params.id);
    if (state.status === 'removed' && !query.include_removed) {
      throw faults.workspaceRemoved(state.id, isoOrNull(state.removedAt));
    }
    const view = toView(state, vitals.of(state.id), deps.numbers);
    return state.status === 'removed' ? { ...view, removed_at: isoOrNull(state.removedAt) } : view;
  });

  binder.bind(app, workspaces.readWorkspaceState, async ({ params, reply }) => {
    if (!isUuid(params.id)) throw faults.invalidWorkspaceId();
    const id = params.id.toLowerCase();
    const state = directory.get(id);
    if (!state) return reply.code(404).send({ workspace_id: id, deleted: true });
    if (state.status === 'removed') {
      return reply.code(404).send({ workspace_id: id, status: 'removed', deleted: true });
    }
    return {
      workspace_id: id,
      status: state.status,
      paused: state.status === 'paused',
      deleted: false as const,
    };
  });

  binder.bind(app, workspaces.updateWorkspace, async ({ params, body, caller }) => {
    const { needsRestart } = await updateWorkspace(deps, caller, params.id, body);
    return { status: 'updated' as const, ...(needsRestart ? { needs_restart: true } : {}) };
  });

  binder.bind(app, budget.readBudget, async ({ params }) => {
    const state = requireWorkspace(directory, params.id);
    return toBudgetView(state.budgetLimitCents, vitals.of(state.id).monthlySpendCents);
  });

  binder.bind(app, budget.changeBudget, async ({ params, body, caller }) => {
    const state = await changeBudget(deps, describeCaller(caller), params.id, body);
    return toBudgetView(state.budgetLimitCents, vitals.of(state.id).monthlySpendCents);
  });

  binder.bind(app, workspaces.deleteWorkspace, async ({ params, query, caller }) => {
    const removal = await removeWorkspace(deps, describeCaller(caller), params.id, {
      isConfirmed: query.confirm,
      isPurge: query.purge,
      successorId: query.forward_to,
    });
    const { status, cascadeDeleted, workspaces } = removal;
    return { status, cascade_deleted: cascadeDeleted, workspaces };
  });

  binder.bind(app, workspaces.restartWorkspace, async ({ params, query, body, caller }) => {
    const isSessionReset = query.reset || body.reset === true;
    const options = { ...body, isSessionReset };
    const label = await restartWorkspace(deps, describeCaller(caller), params.id, options);
    return { status: 'provisioning' as const, config_dir: label, reset_session: isSessionReset };
  });

  binder.bind(app, workspaces.pauseWorkspace, async ({ params, caller }) => {
    const paused = await pauseWorkspace(deps, describeCaller(caller), params.id);
    return { status: 'paused' as const, paused_count: paused.length, workspaces: paused };
  });

  binder.bind(app, workspaces.resumeWorkspace, async ({ params, caller }) => {
    const resumed = await resumeWorkspace(deps, describeCaller(caller), params.id);
    return { status: 'provisioning' as const, resumed_count: resumed.length, workspaces: resumed };
  });

  binder.bind(app, workspaces.hibernateWorkspace, async ({ params, query, caller }) => {
    await hibernateWorkspace(deps, describeCaller(caller), params.id, query.force);
    return { status: 'hibernated' as const };
  });
}
