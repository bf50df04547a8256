// Log routes: what an agent printed or a backend noted, read once or followed.

import { units as contract } from '@molecule/contracts';
import type { Binder } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { requireWorkspace, type WorkspaceDirectory } from '../workspaces/index.ts';
import { type FollowLogsDeps, LogFollowers } from './follow-logs.ts';
import { parseLogQuery, readLogs } from './read-logs.ts';

export interface LogRouteDeps extends FollowLogsDeps {
  directory: WorkspaceDirectory;
}

export function bindLogRoutes(app: FastifyInstance, binder: Binder, deps: LogRouteDeps): void {
  const followers = new LogFollowers(deps);
  binder.bind(app, contract.readLogs, async ({ caller, params, query, request, reply }) => {
    const workspace = requireWorkspace(deps.directory, params.id);
    const ask = parseLogQuery(query);
    if (!query.follow) return (await readLogs(deps.reader, workspace, ask)).view;
    await followers.follow({ workspace, ask, caller, request, reply });
    return reply;
  });
}
