// Fleet routes: upgrade one tenant or all of them, look at an upgrade, pause it and go on.

import { type BodyOf, platform } from '@molecule/contracts';
import { Fault, faults, isUuid } from '@molecule/domain';
import type { Clock } from '@molecule/kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { PlatformBinder } from '../../access/platform-binder.ts';
import type { PlacementDriver } from '../../placement/driver.ts';
import type { OrgStore } from '../orgs/index.ts';
import type { FleetTenant, Rollout, RolloutStore, RolloutTenant } from './rollout-store.ts';

const DEFAULT_IMAGE = 'local';
/** Fleets up to this size are waited for, as older callers expect; larger ones are followed by their id. */
const SYNC_TENANTS = 25;
const SYNC_MS = 15 * 60_000;
const LOOK_MS = 200;

export interface FleetDeps {
  rollouts: RolloutStore;
  orgs: OrgStore;
  driver: PlacementDriver;
  clock: Clock;
  driveSoon(): void;
}

type Order = Omit<BodyOf<typeof platform.redeployFleet>, 'confirm'>;

export function bindFleetRoutes(bind: PlatformBinder, deps: FleetDeps): void {
  const { rollouts } = deps;

  bind(platform.redeployFleet, async ({ body, request, reply }) => {
    requireIntent(body);
    return orderRollout(deps, body, { request, reply });
  });

  bind(platform.rollingUpgrade, async ({ body, request, reply }) => {
    requireIntent(body);
    return orderRollout(deps, { ...body, soak_seconds: 30, batch_size: 1 }, { request, reply });
  });

  const redeployOne = async (slug: string, target: string | undefined, call: HttpCall) => {
    if (!(await deps.orgs.find(slug))) throw faults.notFound('organisation not found');
    const order = {
      target_tag: target,
      only_slugs: [slug],
      soak_seconds: 0,
      batch_size: 1,
      max_stragglers: 0,
      dry_run: false,
    };
    return orderRollout(deps, order, call);
  };
  bind(platform.redeployTenant, ({ params, body, ...call }) =>
    redeployOne(params.slug, body?.target_tag, call),
  );
  bind(platform.redeployOrg, ({ params, body, ...call }) => redeployOne(params.slug, body?.target_tag, call));

  bind(platform.listRollouts, async ({ query }) => {
    const listed = await rollouts.list(query.limit);
    return { rollouts: listed.map((rollout) => ({ ...toView(rollout), phases: rollout.phases })) };
  });

  bind(platform.readRollout, async ({ params }) => {
    const rollout = await requireRollout(rollouts, params.id);
    const tenants = await rollouts.tenants(rollout.id);
    return {
      ...toView(rollout),
      tenants: tenants.map(({ slug, phase, isCanary, error }) => ({
        slug,
        phase,
        is_canary: isCanary,
        ...(error === null ? {} : { error }),
      })),
    };
  });

  const steer = async (id: string, from: 'running' | 'paused', to: 'running' | 'paused') => {
    const rollout = await requireRollout(rollouts, id);
    if (!(await rollouts.setState(id, [from], to))) throw faults.conflict(`the rollout is ${rollout.state}`);
    deps.driveSoon();
    return { state: to };
  };
  bind(platform.pauseRollout, ({ params }) => steer(params.id, 'running', 'paused'));
  bind(platform.resumeRollout, ({ params }) => steer(params.id, 'paused', 'running'));
}

interface HttpCall {
  request: FastifyRequest;
  reply: FastifyReply;
}

/** Nobody upgrades the whole fleet by an empty body. */
function requireIntent(body: BodyOf<typeof platform.redeployFleet>): void {
  const isNamed = body.only_slugs !== undefined && body.only_slugs.length > 0;
  if (body.only_slugs !== undefined && !isNamed) throw faults.invalidRequest('only_slugs is empty');
  if (!isNamed && body.confirm !== true && !body.dry_run) {
    throw faults.invalidRequest('a redeploy of the whole fleet needs confirm: true');
  }
}

async function orderRollout(deps: FleetDeps, order: Order, { request, reply }: HttpCall) {
  const target = order.target_tag ?? DEFAULT_IMAGE;
  if (!(await deps.driver.hasImage(target))) {
    throw new Fault('IMAGE_MISSING', `there is no image ${target}`, { extra: { target_tag: target } });
  }
  const { plan, pinned } = await planRollout(deps, order, target);
  if (order.dry_run) {
    const rows = plan.map(({ slug }) => dryRow(slug, 'planned'));
    return { ok: true, results: [...rows, ...pinned.map(({ slug }) => dryRow(slug, 'pinned'))] };
  }
  const rollout = await deps.rollouts.create(
    {
      target,
      soakMs: order.soak_seconds * 1000,
      batchSize: order.batch_size,
      maxStragglers: order.max_stragglers,
    },
    plan,
    'operator',
  );
  if (!rollout) throw faults.conflict('another rollout is under way');
  await deps.orgs.audit({
    actor: 'operator',
    action: 'fleet.redeploy',
    detail: { target, tenants: plan.length, rollout_id: rollout.id },
  });
  deps.driveSoon();
  const isAsync = plan.length > SYNC_TENANTS || /respond-async/.test(String(request.headers.prefer ?? ''));
  if (!isAsync) return untilEnd(deps, rollout.id, target);
  reply.code(202);
  return { ok: true, results: [], rollout_id: rollout.id };
}

interface Plan {
  plan: Pick<RolloutTenant, 'orgId' | 'slug' | 'isCanary' | 'phase'>[];
  /** Held on another image, and left out. */
  pinned: FleetTenant[];
}

/** Named slugs that do not serve are listed too: they count as stragglers. One that is named and held is refused. */
async function planRollout({ rollouts }: FleetDeps, order: Order, target: string): Promise<Plan> {
  const slugs = order.only_slugs ? [...new Set(order.only_slugs)] : null;
  const fleet = await rollouts.fleet(slugs);
  const unknown = (slugs ?? []).filter((slug) => !fleet.some((tenant) => tenant.slug === slug));
  if (unknown.length > 0) throw faults.notFound(`no such organisation: ${unknown.slice(0, 5).join(', ')}`);
  if (order.canary_slug !== undefined && !fleet.some(({ slug }) => slug === order.canary_slug)) {
    throw faults.notFound(`no such organisation: ${order.canary_slug}`);
  }
  const pinned = fleet.filter(({ pinnedImage }) => pinnedImage !== null && pinnedImage !== target);
  if (slugs !== null && pinned.length > 0) {
    const held = pinned.map(({ slug, pinnedImage }) => `${slug} is held on ${pinnedImage}`);
    throw faults.conflict(`${held.slice(0, 5).join(', ')}; let it go first`);
  }
  const isCanary = (tenant: FleetTenant) =>
    order.canary_slug === undefined ? tenant.isCanary : tenant.slug === order.canary_slug;
  const planned = fleet
    .filter((tenant) => !pinned.includes(tenant))
    .map((tenant) => ({
      orgId: tenant.orgId,
      slug: tenant.slug,
      isCanary: isCanary(tenant),
      phase: tenant.isServing ? ('pending' as const) : ('missing' as const),
    }));
  const plan = withCanary(planned).sort((a, b) => Number(b.isCanary) - Number(a.isCanary));
  return { plan, pinned };
}

/** A fleet in which nobody is marked has its first tenant for a canary: a bad image reaches one. */
function withCanary<T extends Pick<RolloutTenant, 'isCanary' | 'phase'>>(planned: T[]): T[] {
  const serving = planned.filter(({ phase }) => phase === 'pending');
  if (serving.length < 2 || planned.some(({ isCanary }) => isCanary)) return planned;
  return planned.map((tenant) => (tenant === serving[0] ? { ...tenant, isCanary: true } : tenant));
}

async function untilEnd({ rollouts, clock }: FleetDeps, id: string, target: string) {
  const endAt = clock.now() + SYNC_MS;
  for (;;) {
    const rollout = await requireRollout(rollouts, id);
    const isOver = rollout.state === 'done' || rollout.state === 'failed';
    if (isOver || clock.now() > endAt) return reportOf(rollout, await rollouts.tenants(id), target);
    await clock.sleep(LOOK_MS);
  }
}

function reportOf(rollout: Rollout, tenants: readonly RolloutTenant[], target: string) {
  const stragglers = tenants.filter(({ phase }) => phase !== 'done').map(({ slug }) => slug);
  return {
    ok: rollout.state === 'done',
    results: tenants.map((tenant) => resultOf(tenant, target)),
    ...(stragglers.length > 0 ? { stragglers } : {}),
    ...(rollout.error === null ? {} : { error: rollout.error }),
    rollout_id: rollout.id,
  };
}

function resultOf({ slug, phase, error }: RolloutTenant, target: string): platform.RedeployResult {
  const isDone = phase === 'done';
  return {
    slug,
    phase,
    ssm_status: isDone ? 'Success' : phase === 'pending' ? 'Pending' : 'Failed',
    ssm_exit_code: isDone ? 0 : null,
    healthz_ok: isDone,
    verified_on_target: isDone,
    ...(error === null ? {} : { error: `${error} (${target})` }),
  };
}

function dryRow(slug: string, phase: 'planned' | 'pinned'): platform.RedeployResult {
  return {
    slug,
    phase,
    ssm_status: 'DryRun',
    ssm_exit_code: null,
    healthz_ok: false,
    verified_on_target: false,
  };
}

function toView(rollout: Rollout) {
  return {
    id: rollout.id,
    target: rollout.target,
    state: rollout.state,
    ...(rollout.error === null ? {} : { error: rollout.error }),
    created_at: new Date(rollout.createdAt).toISOString(),
  };
}

async function requireRollout(rollouts: RolloutStore, id: string): Promise<Rollout> {
  const rollout = isUuid(id) ? await rollouts.find(id) : null;
  if (!rollout) throw faults.notFound('no such rollout');
  return rollout;
}
