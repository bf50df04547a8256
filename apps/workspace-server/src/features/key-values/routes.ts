// Key-value routes: list, read, set, delete.

import { keyValues as contract } from '@molecule/contracts';
import { faults, parseWorkspaceId } from '@molecule/domain';
import type { Binder } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { requireWorkspace } from '../workspaces/index.ts';
import type { KeyValue } from './key-value-store.ts';
import { type KeyValueDeps, setKeyValue } from './set-key-value.ts';

export type { KeyValueDeps } from './set-key-value.ts';

export function bindKeyValueRoutes(app: FastifyInstance, binder: Binder, deps: KeyValueDeps): void {
  const { keyValues, directory } = deps;

  binder.bind(app, contract.listKeyValues, async ({ params }) =>
    (await keyValues.list(readId(params.id))).map(toRow),
  );

  binder.bind(app, contract.readKeyValue, async ({ params }) => {
    const found = await keyValues.read(readId(params.id), params.key);
    if (!found) throw faults.notFound('key not found');
    return toRow(found);
  });

  binder.bind(app, contract.setKeyValue, async ({ params, body }) => ({
    status: 'ok' as const,
    ...(await setKeyValue(deps, params.id, body)),
  }));

  binder.bind(app, contract.deleteKeyValue, async ({ params }) => {
    const { id } = requireWorkspace(directory, params.id);
    await keyValues.remove(id, params.key);
    deps.onChanged(id);
    return { status: 'deleted' as const };
  });
}

/** An unknown workspace keeps nothing: reads answer so, writes say that it is unknown. */
function readId(text: string): string {
  const id = parseWorkspaceId(text);
  if (!id) throw faults.invalidWorkspaceId();
  return id;
}

function toRow({ key, value, version, expiresAt, updatedAt }: KeyValue): contract.KeyValueRow {
  return {
    key,
    value,
    version,
    ...(expiresAt === null ? {} : { expires_at: new Date(expiresAt).toISOString() }),
    updated_at: new Date(updatedAt).toISOString(),
  };
}
