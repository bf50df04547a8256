// Namespace routes: make, change, count and delete.

import { memoryPlugin as wire } from '@molecule/contracts';
import type { Clock } from '@molecule/kit';
import { pluginFaults } from '../../plugin-fault.ts';
import { iso, type PluginRoute, read, readExpiry } from '../../plugin-route.ts';
import type { Namespace, NamespaceChange, NamespaceStore } from './namespace-store.ts';

const PATH = '/v1/namespaces/:name';

export function namespaceRoutes(deps: { namespaces: NamespaceStore; clock: Clock }): PluginRoute[] {
  const { namespaces, clock } = deps;
  const nameOf = (params: Record<string, string>) => read(wire.namespaceName, params.name, 'namespace');
  const changeOf = (input: { expires_at?: string | null; metadata?: Record<string, unknown> | null }) =>
    ({ expiresAt: readExpiry(input.expires_at, clock.now()), metadata: input.metadata }) as NamespaceChange;
  return [
    {
      method: 'PUT',
      path: PATH,
      answer: async ({ params, body }) => {
        const name = nameOf(params);
        const input = read(wire.namespaceUpsert, body, 'body');
        return { status: 200, body: toWire(await namespaces.upsert(name, input.kind, changeOf(input))) };
      },
    },
    {
      method: 'PATCH',
      path: PATH,
      answer: async ({ params, body }) => {
        const name = nameOf(params);
        const patched = await namespaces.patch(name, changeOf(read(wire.namespacePatch, body, 'body')));
        if (!patched) throw pluginFaults.notFound('there is no such namespace');
        return { status: 200, body: toWire(patched) };
      },
    },
    {
      method: 'GET',
      path: PATH,
      answer: async ({ params }) => {
        const found = await namespaces.read(nameOf(params));
        if (!found) throw pluginFaults.notFound('there is no such namespace');
        return { status: 200, body: { ...toWire(found), count: found.count, bytes: found.bytes } };
      },
    },
    {
      method: 'DELETE',
      path: PATH,
      answer: async ({ params }) => {
        if (!(await namespaces.remove(nameOf(params))))
          throw pluginFaults.notFound('there is no such namespace');
        return { status: 204 };
      },
    },
  ];
}

function toWire({ name, kind, expiresAt, metadata, createdAt }: Namespace): wire.Namespace {
  return {
    name,
    kind,
    ...(expiresAt === null ? {} : { expires_at: iso(expiresAt) }),
    ...(metadata === null ? {} : { metadata }),
    created_at: iso(createdAt),
  };
}
