// Chart entry: one workspace of an archive, checked as if a person had typed it, and what becomes of it here.

import { type BackendName, isTier, LIMITS, type WorkspaceState } from '@molecule/domain';
import { z } from 'zod';

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const place = z.number().finite();

export const chartEntry = z.object({
  workspace: z.object({
    id: z.uuid(),
    name: z.string().min(1).max(LIMITS.nameChars),
    role: z.string().max(LIMITS.roleChars).nullable(),
    tier: z.number().int().refine(isTier),
    runtime: z.string().min(1).max(LIMITS.runtimeChars),
    model: z.string().max(LIMITS.modelChars).nullable(),
    template: z.string().max(LIMITS.nameChars).nullable(),
    parentId: z.uuid().nullable(),
    backend: z.string(),
    x: place,
    y: place,
    isCollapsed: z.boolean(),
    workspaceDir: z.string().nullable(),
    budgetLimitCents: count.nullable(),
    maxConcurrentTasks: count.min(1),
    hibernationIdleMinutes: count.max(LIMITS.hibernationIdleMinutes),
    createdAt: count,
  }),
  files: z.record(z.string().max(LIMITS.filePathBytes), z.string().nullable()),
});
export type ChartEntry = z.output<typeof chartEntry>;

/** Paused, on this tenant's own backend; a folder of another machine does not come along. */
export function stateFrom(
  { workspace }: ChartEntry,
  backend: BackendName,
): { state: WorkspaceState; warnings: string[] } {
  const { workspaceDir, ...kept } = workspace;
  const isExternal = workspace.backend === 'external';
  const warnings =
    workspaceDir === null
      ? []
      : [`${workspace.name} worked in ${workspaceDir} of the other machine; choose a folder here`];
  return {
    warnings,
    state: {
      ...kept,
      tier: workspace.tier as WorkspaceState['tier'],
      backend: isExternal ? 'external' : backend,
      status: 'paused',
      statusReason: null,
      statusDetail: null,
      url: '',
      isUrlOurs: false,
      agentCard: null,
      deliveryMode: null,
      carryFrom: null,
      eraseFrom: null,
      isolation: null,
      workspaceDir: null,
      workspaceAccess: 'none',
      deadlineAt: null,
      forwardedTo: null,
      sessionResetAt: null,
      removedAt: null,
    },
  };
}
