// Secret routes: names and values by workspace and for everybody, the model of a workspace, and the encryption key.

import { secrets as contract } from '@molecule/contracts';
import { faults, parseWorkspaceId } from '@molecule/domain';
import { type Binder, type Caller, describeCaller } from '@molecule/http';
import type { FastifyInstance } from 'fastify';
import { requireWorkspace } from '../workspaces/index.ts';
import {
  listDependents,
  listGlobalSecrets,
  listSecrets,
  type ReadSecretsDeps,
  readModel,
  readValues,
  requireOwnAgent,
} from './read-secrets.ts';
import { type ResealDeps, rotateKey } from './reseal-secrets.ts';
import { deleteSecret, type SaveSecretDeps, saveSecret } from './save-secret.ts';
import { validateSecret } from './validate-secret.ts';

export type SecretRouteDeps = ReadSecretsDeps & SaveSecretDeps & ResealDeps;

export const MODEL_SECRET = 'MODEL_PROVIDER';

export function bindSecretRoutes(app: FastifyInstance, binder: Binder, deps: SecretRouteDeps): void {
  bindWorkspaceSecrets(app, binder, deps);
  bindGlobalSecrets(app, binder, deps);
  bindModel(app, binder, deps);

  binder.bind(app, contract.rotateSecretsKey, async () => {
    const { keyId, resealed } = await rotateKey(deps);
    return { status: 'rotated' as const, key_id: keyId, resealed };
  });

  binder.bind(app, contract.validateSecret, async ({ body }) => validateSecret(body.provider, body.key));
}

function bindWorkspaceSecrets(app: FastifyInstance, binder: Binder, deps: SecretRouteDeps): void {
  const { directory } = deps;

  binder.bind(app, contract.listSecrets, async ({ params }) => {
    const id = parseWorkspaceId(params.id);
    if (!id) throw faults.invalidWorkspaceId();
    const state = directory.get(id);
    return state && state.status !== 'removed' ? listSecrets(deps, id) : [];
  });

  binder.bind(app, contract.readSecretValues, async ({ params, caller, reply }) => {
    const { id } = requireWorkspace(directory, params.id);
    requireOwnAgent(deps, caller, id);
    reply.header('cache-control', 'no-store');
    return readValues(deps, id);
  });

  for (const route of [contract.setSecret, contract.putSecret]) {
    binder.bind(app, route, async ({ params, body, caller }) => {
      const { id } = requireWorkspace(directory, params.id);
      await saveSecret(deps, describeCaller(caller), { workspaceId: id, name: body.key }, body.value);
      return { status: 'saved' as const, key: body.key };
    });
  }

  binder.bind(app, contract.deleteSecret, async ({ params, caller }) => {
    const { id } = requireWorkspace(directory, params.id);
    await deleteSecret(deps, describeCaller(caller), { workspaceId: id, name: params.key });
    return { status: 'deleted' as const, key: params.key };
  });

  binder.bind(app, contract.listSecretDependents, async ({ params }) => {
    const { id } = requireWorkspace(directory, params.id);
    return { dependents: await listDependents(deps, { workspaceId: id, name: params.key }) };
  });
}

function bindGlobalSecrets(app: FastifyInstance, binder: Binder, deps: SecretRouteDeps): void {
  const scope = 'global' as const;
  const save = async (caller: Caller, { key, value }: { key: string; value: string }) => {
    await saveSecret(deps, describeCaller(caller), { workspaceId: null, name: key }, value);
    return { status: 'saved' as const, key, scope };
  };

  for (const route of [contract.listGlobalSecrets, contract.adminListGlobalSecrets]) {
    binder.bind(app, route, async () => listGlobalSecrets(deps));
  }
  for (const route of [contract.putGlobalSecret, contract.adminPutGlobalSecret]) {
    binder.bind(app, route, async ({ body, caller }) => save(caller, body));
  }
  for (const route of [contract.setGlobalSecret, contract.adminSetGlobalSecret]) {
    binder.bind(app, route, async ({ body, caller }) => save(caller, body));
  }
  for (const route of [contract.deleteGlobalSecret, contract.adminDeleteGlobalSecret]) {
    binder.bind(app, route, async ({ params, caller }) => {
      await deleteSecret(deps, describeCaller(caller), { workspaceId: null, name: params.key });
      return { status: 'deleted' as const, key: params.key, scope };
    });
  }

  binder.bind(app, contract.listGlobalSecretDependents, async ({ params }) => ({
    dependents: await listDependents(deps, { workspaceId: null, name: params.key }),
  }));
}

function bindModel(app: FastifyInstance, binder: Binder, deps: SecretRouteDeps): void {
  const place = (id: string) => ({
    workspaceId: requireWorkspace(deps.directory, id).id,
    name: MODEL_SECRET,
  });

  binder.bind(app, contract.readModel, async ({ params }) => readModel(deps, place(params.id)));

  binder.bind(app, contract.setModel, async ({ params, body, caller }) => {
    const where = place(params.id);
    const actor = describeCaller(caller);
    if (body.model !== '') {
      await saveSecret(deps, actor, where, body.model);
      return { status: 'saved' as const, model: body.model };
    }
    // Clearing what is not set is no mistake.
    if (await deps.secrets.find(where)) await deleteSecret(deps, actor, where);
    return { status: 'cleared' as const };
  });
}
