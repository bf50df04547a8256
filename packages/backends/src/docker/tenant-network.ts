// Tenant network: the bridge that the containers of one tenant share, and on which they reach the tenant. Containers on
// it do not reach each other: agents talk through the tenant's server.

import type Docker from 'dockerode';
import { cancelled, type Engine, statusOf } from './engine.ts';
import { LABELS, networkName, type Owner } from './unit-names.ts';

export interface TenantNetwork {
  name: string;
  /** The address of this machine on the network. */
  gateway: string;
}

export async function findNetwork(engine: Engine, owner: Owner): Promise<TenantNetwork | null> {
  const name = networkName(owner);
  const found = await engine.find((docker, abortSignal) => inspect(docker.getNetwork(name), abortSignal));
  const gateway = found?.IPAM?.Config?.[0]?.Gateway;
  return gateway ? { name, gateway: gateway.split('/')[0] ?? gateway } : null;
}

/** The library's types leave out that this question has options too. */
function inspect(network: Docker.Network, abortSignal: AbortSignal): Promise<Docker.NetworkInspectInfo> {
  const ask = network.inspect as (options: object) => Promise<Docker.NetworkInspectInfo>;
  return ask.call(network, cancelled(abortSignal, {}));
}

export async function ensureNetwork(engine: Engine, owner: Owner): Promise<TenantNetwork> {
  const there = await findNetwork(engine, owner);
  if (there) return there;
  await createNetwork(engine, owner);
  const made = await findNetwork(engine, owner);
  if (!made) throw new Error('the engine made a network without a gateway');
  return made;
}

async function createNetwork(engine: Engine, owner: Owner): Promise<void> {
  try {
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
  } catch (error) {
    // Somebody else made it meanwhile.
    if (statusOf(error) !== 409) throw error;
  }
}
