// Team routes: expand and collapse.

import { teams } from '@molecule/contracts';
import { type Binder, describeCaller } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { collapseTeam, expandTeam, type TeamDeps } from './expand-team.ts';

export function bindTeamRoutes(app: FastifyInstance, binder: Binder, deps: TeamDeps): void {
  binder.bind(app, teams.expandTeam, async ({ params, caller }) => {
    const { children, failures } = await expandTeam(deps, caller, params.id);
    return { status: 'expanded' as const, children, ...(failures.length === 0 ? {} : { failures }) };
  });

  binder.bind(app, teams.collapseTeam, async ({ params, caller }) => {
    const children = await collapseTeam(deps, describeCaller(caller), params.id);
    return { status: 'collapsed' as const, removed: children.map(({ name }) => name), children };
  });
}
