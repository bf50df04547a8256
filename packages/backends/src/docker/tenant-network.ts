// Tenant network: the bridge that the containers of one tenant share, and on which they reach the tenant. Containers on
// it do not reach each other: agents talk through the tenant's server.
//
// The engine makes two networks of one name when it is asked twice at once, so we ask once at a time, look for ours by
// label, and take the oldest.

import type { NetworkInspectInfo } from 'dockerode';
import { cancelled, type Engine } from './engine.ts';
import { isOwn, LABELS, networkName, type Owner } from './unit-names.ts';

export interface TenantNetwork {
  networkId: string;
  /** The address of this machine on the network. */
  gateway: string;
}

export async function findNetwork(engine: Engine, owner: Owner): Promise<TenantNetwork | null> {
  const label = [`${LABELS.managed}=true`, `${LABELS.instance}=${owner.instanceId}`];
  const found = await engine.ask((docker, abortSignal) =>
    docker.listNetworks(cancelled(abortSignal, { filters: { label } as never })),
  );
  const [oldest] = found.filter((info) => isOwn(info.Labels, owner)).sort(byAge);
  const gateway = oldest?.IPAM?.Config?.[0]?.Gateway?.split('/')[0];
  return oldest && gateway ? { networkId: oldest.Id, gateway } : null;
}

/** Not to be called twice at once. */
export async function ensureNetwork(engine: Engine, owner: Owner): Promise<TenantNetwork> {
  const there = await findNetwork(engine, owner);
  if (there) return there;
  await engine.act((docker, abortSignal) =>
    docker.createNetwork(
      cancelled(abortSignal, {
        Name: networkName(owner),
        CheckDuplicate: true,
        Driver: 'bridge',
        Options: { 'com.docker.network.bridge.enable_icc': 'false' },
        Labels: {
          [LABELS.managed]: 'true',
          [LABELS.instance]: owner.instanceId,
          [LABELS.orgId]: owner.orgId,
        },
      }),
    ),
  );
  const made = await findNetwork(engine, owner);
  if (!made) throw new Error('the engine made a network without a gateway');
  return made;
}

function byAge(a: NetworkInspectInfo, b: NetworkInspectInfo): number {
  return a.Created < b.Created ? -1 : 1;
}
