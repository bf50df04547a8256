// Look up: asks the control plane where a tenant is.

import type { platform } from '@molecule/contracts';
import { edgeLookupToken } from '@molecule/http';
import { type Dispatcher, request } from 'undici';
import type { LookUp, Route } from './route-table.ts';

const LOOK_LIMIT_MS = 3_000;

export function createLookUp(options: {
  controlPlaneUrl: string;
  edgeKey: string;
  dispatcher: Dispatcher;
}): LookUp {
  const bearer = `Bearer ${edgeLookupToken(options.edgeKey)}`;
  return async (slug) => {
    const { statusCode, body } = await request(`${options.controlPlaneUrl}/cp/orgs/${slug}/instance`, {
      dispatcher: options.dispatcher,
      headers: { authorization: bearer },
      headersTimeout: LOOK_LIMIT_MS,
      bodyTimeout: LOOK_LIMIT_MS,
      signal: AbortSignal.timeout(LOOK_LIMIT_MS),
    });
    if (statusCode === 404) {
      await body.dump();
      return null;
    }
    if (statusCode !== 200) {
      await body.dump();
      throw new Error(`the control plane answered ${statusCode}`);
    }
    return toRoute((await body.json()) as platform.InstanceView);
  };
}

function toRoute(view: platform.InstanceView): Route {
  return {
    slug: view.slug,
    status: view.status,
    upstream: view.upstream,
    orgId: view.org_id ?? null,
    generation: view.generation,
    slot: view.slot,
  };
}
