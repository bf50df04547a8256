// Create workspace: one row, its first event and, for external agents, its token, committed before the answer. A request
// with a key happens once; since no token is kept anywhere, its repeat answers with another token of the same workspace.

import { randomUUID } from 'node:crypto';
import type { workspaces } from '@molecule/contracts';
import {
  chooseEngine,
  DEFAULT_RUNTIME,
  DEFAULT_TIER,
  faults,
  isTier,
  isUuid,
  judgeMove,
  LIMITS,
  type Tier,
  type WorkspaceAccess,
  type WorkspaceState,
} from '@molecule/domain';
import type { Tx } from '@molecule/postgres';
import type { AccessStore } from '../access/index.ts';
import { doOnce, type RequestKey, type RequestKeyStore } from '../request-keys/index.ts';
import { describeConnection } from './describe-connection.ts';
import { type EditDeps, editWorkspaces } from './edit-workspace.ts';
import { type InitialMemories, planInitialMemories } from './initial-memories.ts';
import type { ProvisionRequests } from './provision-requests.ts';
import type { ConfigNumbers, WorkspaceSecrets } from './unit-config.ts';
import { checkName, checkText, isAllowedFolder } from './validate-fields.ts';

export interface CreateDeps extends EditDeps {
  access: AccessStore;
  provision: ProvisionRequests;
  /** Where agents may run; the first is where they run unless somebody chooses. */
  backends: readonly WorkspaceState['backend'][];
  numbers: ConfigNumbers;
  secrets: WorkspaceSecrets;
  /** Refuses an address that the server must not call. Throws INVALID_REQUEST. */
  checkAgentUrl(url: string): Promise<void>;
  checkTemplate(template: string): Promise<{ runtime?: string; model?: string } | null>;
  publicUrl: () => string;
  requestKeys: RequestKeyStore<Tx>;
  initialMemories: InitialMemories;
}

export async function createWorkspace(
  deps: CreateDeps,
  actor: string,
  input: workspaces.CreateWorkspaceInput,
  key: RequestKey | null = null,
): Promise<workspaces.CreateWorkspaceReply> {
  return doOnce(
    deps.requestKeys,
    key,
    async (claim) => {
      const plan = await planWorkspace(deps, input, DEFAULT_TIER);
      if (deps.directory.live().length >= LIMITS.workspaces) {
        throw faults.conflict(`this tenant is full: ${LIMITS.workspaces} workspaces`);
      }
      const memories = planInitialMemories(deps.initialMemories, plan.state, input.initial_memories ?? []);
      const reply = withWarnings(toReply(plan), memories.warnings);
      const contents = { files: input.files ?? {}, secrets: input.secrets ?? {} };
      await commitNewWorkspace(deps, actor, plan, contents, async (tx) => {
        await memories.keepIn(tx);
        await claim(tx, reply);
      });
      await memories.handOn();
      return addConnection(deps, reply);
    },
    (answer) => addConnection(deps, answer as workspaces.CreateWorkspaceReply),
  );
}

function withWarnings(
  reply: workspaces.CreateWorkspaceReply,
  more: readonly string[],
): workspaces.CreateWorkspaceReply {
  return more.length === 0 ? reply : { ...reply, warnings: [...(reply.warnings ?? []), ...more] };
}

/** What is kept of the answer: everything but a token. */
function toReply(plan: WorkspacePlan): workspaces.CreateWorkspaceReply {
  if (plan.state.backend !== 'external') {
    return {
      id: plan.state.id,
      status: 'provisioning',
      awareness_namespace: `workspace:${plan.state.id}`,
      workspace_access: plan.state.workspaceAccess,
      ...(plan.warnings.length === 0 ? {} : { warnings: plan.warnings }),
    };
  }
  if (plan.state.url !== '') return { id: plan.state.id, external: true, status: 'online' };
  return { id: plan.state.id, external: true, status: 'awaiting_agent' };
}

/** An external agent is told how to connect, while its workspace is there. */
async function addConnection(
  deps: CreateDeps,
  reply: workspaces.CreateWorkspaceReply,
): Promise<workspaces.CreateWorkspaceReply> {
  const isThere = (deps.directory.get(reply.id)?.status ?? 'removed') !== 'removed';
  if (reply.status !== 'awaiting_agent' || !isThere) return reply;
  const token = await deps.access.mint(reply.id, 'external');
  return { ...reply, connection: describeConnection(reply.id, deps.publicUrl(), token) };
}

export interface WorkspacePlan {
  state: WorkspaceState;
  warnings: string[];
}

/** What a workspace has from the beginning. */
export interface FirstContents {
  files: Record<string, string>;
  secrets?: Record<string, string>;
}

/** Checks the input and makes the first state of the workspace; `id` where it is known beforehand. */
export async function planWorkspace(
  deps: CreateDeps,
  input: workspaces.CreateWorkspaceInput,
  defaultTier: Tier,
  id: string = randomUUID(),
): Promise<WorkspacePlan> {
  checkCreateFields(input);
  const isExternal = input.external === true || input.runtime === 'external';
  const fromTemplate = input.template ? await deps.checkTemplate(input.template) : null;
  const runtime = isExternal ? 'external' : input.runtime || fromTemplate?.runtime || DEFAULT_RUNTIME;
  const url = isExternal ? (input.url ?? '').trim() : '';
  if (url !== '') await deps.checkAgentUrl(url);
  const { substitution } = isExternal ? { substitution: null } : chooseEngine(runtime);
  const now = deps.clock.now();
  const status = !isExternal ? 'provisioning' : url === '' ? 'awaiting_agent' : 'online';
  return {
    warnings: substitution ? [substitution] : [],
    state: {
      id,
      name: input.name,
      role: input.role || null,
      tier: checkTier(input.tier, defaultTier),
      runtime,
      model: input.model || fromTemplate?.model || null,
      template: input.template || null,
      status,
      statusReason: null,
      statusDetail: null,
      parentId: checkParent(deps, input.parent_id),
      url,
      isUrlOurs: false,
      agentCard: null,
      deliveryMode: isExternal && url !== '' ? 'push' : null,
      backend: isExternal ? 'external' : chooseBackend(deps.backends, input.backend),
      x: input.canvas?.x ?? 0,
      y: input.canvas?.y ?? 0,
      isCollapsed: false,
      workspaceDir: input.workspace_dir || null,
      workspaceAccess: checkFolder(input),
      budgetLimitCents: input.budget_limit ?? null,
      maxConcurrentTasks: Math.max(1, input.max_concurrent_tasks ?? 1),
      hibernationIdleMinutes: input.hibernation_idle_minutes ?? 0,
      deadlineAt: status === 'provisioning' ? now + deps.startLimitMs(runtime) : null,
      forwardedTo: null,
      sessionResetAt: null,
      carryFrom: null,
      eraseFrom: null,
      isolation: null,
      createdAt: now,
      removedAt: null,
    },
  };
}

function chooseBackend(
  backends: readonly WorkspaceState['backend'][],
  asked: string | null | undefined,
): WorkspaceState['backend'] {
  const [first = 'none'] = backends;
  if (!asked) return first;
  const found = backends.find((name) => name === asked);
  if (found) return found;
  throw faults.invalidRequest(`backend must be one of: ${backends.join(', ')}`);
}

export async function commitNewWorkspace(
  deps: CreateDeps,
  actor: string,
  plan: WorkspacePlan,
  contents: FirstContents,
  also: (tx: Tx) => Promise<void> = async () => {},
): Promise<void> {
  await deps.secrets.withSealed(plan.state.id, actor, contents.secrets ?? {}, async (keepSecretsIn) => {
    let recorded = () => {};
    await editNewWorkspace(deps, actor, plan, async (tx) => {
      await also(tx);
      await deps.provision.keepFiles(tx, plan.state.id, contents.files);
      await keepSecretsIn(tx);
      recorded = await deps.numbers.recordIn(tx, {
        workspaceIds: [plan.state.id],
        cause: 'created',
        actor,
        needsRestart: false,
        isTold: false,
      });
    });
    recorded();
  });
  if (plan.state.status === 'provisioning') deps.provision.request(plan.state.id);
}

async function editNewWorkspace(
  deps: CreateDeps,
  actor: string,
  { state, warnings }: WorkspacePlan,
  also: (tx: Tx) => Promise<void>,
): Promise<void> {
  const payload = {
    name: state.name,
    tier: state.tier,
    runtime: state.runtime,
    x: state.x,
    y: state.y,
    ...(state.parentId === null ? {} : { parent_id: state.parentId }),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
  const second =
    state.status === 'online'
      ? [{ type: 'WORKSPACE_ONLINE' as const, payload: { name: state.name, external: true } }]
      : state.status === 'awaiting_agent'
        ? [{ type: 'WORKSPACE_AWAITING_AGENT' as const, payload: { name: state.name, external: true } }]
        : state.status === 'paused'
          ? [{ type: 'WORKSPACE_PAUSED' as const, payload: { name: state.name } }]
          : [];
  // The parent is locked too, so that it cannot be removed between the check and the insert.
  const locked = state.parentId === null ? [] : [state.parentId];
  await editWorkspaces(
    deps,
    locked,
    actor,
    (rows) => {
      if (state.parentId !== null && rows.get(state.parentId)?.status === 'removed') {
        throw faults.invalidRequest('parent_id names a removed workspace');
      }
      return {
        edits: [
          {
            workspaceId: state.id,
            change: { kind: 'created', state },
            events: [{ type: 'WORKSPACE_PROVISIONING' as const, payload }, ...second],
          },
        ],
      };
    },
    also,
  );
}

function checkCreateFields(input: workspaces.CreateWorkspaceInput): void {
  try {
    checkName(input.name);
    if (input.role) checkText('role', input.role, LIMITS.roleChars);
    if (input.model) checkText('model', input.model, LIMITS.modelChars);
    if (input.runtime) checkText('runtime', input.runtime, LIMITS.runtimeChars);
  } catch (error) {
    throw faults.invalidRequest('invalid workspace fields', { details: (error as Error).message });
  }
}

export function checkTier(tier: number | null | undefined, fallback: Tier): Tier {
  if (tier === undefined || tier === null || tier === 0) return fallback;
  if (!isTier(tier)) throw faults.invalidRequest('tier must be 1, 2, 3 or 4');
  return tier;
}

function checkParent(deps: CreateDeps, parentId: string | null | undefined): string | null {
  if (!parentId) return null;
  if (!isUuid(parentId)) throw faults.invalidRequest('parent_id must be a UUID or null');
  const id = parentId.toLowerCase();
  const verdict = judgeMove(deps.directory, '', id, 0);
  if (verdict === 'unknown_parent') throw faults.invalidRequest('parent_id names no workspace');
  if (verdict === 'too_deep') throw faults.invalidRequest('the org chart would be too deep');
  return id;
}

function checkFolder(input: workspaces.CreateWorkspaceInput): WorkspaceAccess {
  if (input.workspace_dir && !isAllowedFolder(input.workspace_dir)) {
    throw faults.invalidRequest('invalid workspace directory');
  }
  const access = input.workspace_access || 'none';
  if (access !== 'none' && access !== 'read_only' && access !== 'read_write') {
    throw faults.invalidRequest('invalid workspace access');
  }
  if (access !== 'none' && !input.workspace_dir) {
    throw faults.invalidRequest('invalid workspace access', { details: `${access} requires workspace_dir` });
  }
  return access;
}
