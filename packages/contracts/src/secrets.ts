// Secrets: names are listed, values go in and come out only to the agent that uses them; and the model of a workspace.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { idParams, timestamp, uuid } from './common.ts';
import { defineRoute } from './route.ts';

export const secretRow = z.object({
  key: z.string(),
  has_value: z.literal(true),
  scope: z.enum(['workspace', 'global']),
  created_at: timestamp,
  updated_at: timestamp,
});
export type SecretRow = z.output<typeof secretRow>;

const keyParams = z.object({ key: z.string() });
const idAndKeyParams = z.object({ id: z.string(), key: z.string() });
const secretBody = z.object({ key: z.string().min(1), value: z.string().min(1) });
const saved = z.object({ status: z.literal('saved'), key: z.string() });
const deleted = z.object({ status: z.literal('deleted'), key: z.string() });
const ofAll = { scope: z.literal('global') };
const dependents = z.object({ dependents: z.array(uuid) });
const common = { tag: 'secrets', invalidBody: 'invalid request body' } as const;

export const listSecrets = defineRoute({
  ...common,
  name: 'listSecrets',
  method: 'GET',
  path: '/workspaces/:id/secrets',
  policy: 'workspace',
  summary: "Names of a workspace's secrets, then of the global ones that it does not override",
  params: idParams,
  failures: ['query failed'],
  response: z.array(secretRow),
});

export const readSecretValues = defineRoute({
  ...common,
  name: 'readSecretValues',
  method: 'GET',
  path: '/workspaces/:id/secrets/values',
  policy: 'workspace',
  summary: 'The values, for the agent of this workspace alone; all of them or none',
  params: idParams,
  failures: ['query failed', 'one or more secrets failed to decrypt; refusing to return partial bundle'],
  response: z.record(z.string(), z.string()),
  errors: [404, 410],
});

const setOne = {
  ...common,
  path: '/workspaces/:id/secrets',
  policy: 'workspace',
  summary: 'Set a secret of a workspace, and restart its agent',
  params: idParams,
  body: secretBody,
  failures: ['failed to encrypt secret', 'failed to save secret'],
  response: saved,
  errors: [404, 409, 410],
} as const;
export const setSecret = defineRoute({ ...setOne, name: 'setSecret', method: 'POST' });
export const putSecret = defineRoute({ ...setOne, name: 'putSecret', method: 'PUT' });

export const deleteSecret = defineRoute({
  ...common,
  name: 'deleteSecret',
  method: 'DELETE',
  path: '/workspaces/:id/secrets/:key',
  policy: 'workspace',
  summary: 'Delete a secret of a workspace, and restart its agent',
  params: idAndKeyParams,
  failures: ['failed to delete secret'],
  response: deleted,
  errors: [404, 410],
});

export const listSecretDependents = defineRoute({
  ...common,
  name: 'listSecretDependents',
  method: 'GET',
  path: '/workspaces/:id/secrets/:key/dependents',
  policy: 'workspace',
  summary: 'The workspaces that a change of this secret restarts',
  params: idAndKeyParams,
  response: dependents,
  errors: [404, 410],
});

const GLOBAL_PATHS = { settings: '/settings/secrets', admin: '/admin/secrets' } as const;
const globalList = {
  ...common,
  method: 'GET',
  policy: 'admin',
  summary: 'Names of the secrets that every workspace gets',
  failures: ['query failed'],
  response: z.array(secretRow),
} as const;
export const listGlobalSecrets = defineRoute({
  ...globalList,
  name: 'listGlobalSecrets',
  path: GLOBAL_PATHS.settings,
});
export const adminListGlobalSecrets = defineRoute({
  ...globalList,
  name: 'adminListGlobalSecrets',
  path: GLOBAL_PATHS.admin,
});

const globalSet = {
  ...common,
  policy: 'admin',
  summary: 'Set a secret of every workspace, and restart those that it reaches',
  body: secretBody,
  failures: ['failed to encrypt', 'failed to save'],
  response: saved.extend(ofAll),
  errors: [409],
} as const;
export const putGlobalSecret = defineRoute({
  ...globalSet,
  name: 'putGlobalSecret',
  method: 'PUT',
  path: GLOBAL_PATHS.settings,
});
export const setGlobalSecret = defineRoute({
  ...globalSet,
  name: 'setGlobalSecret',
  method: 'POST',
  path: GLOBAL_PATHS.settings,
});
export const adminPutGlobalSecret = defineRoute({
  ...globalSet,
  name: 'adminPutGlobalSecret',
  method: 'PUT',
  path: GLOBAL_PATHS.admin,
});
export const adminSetGlobalSecret = defineRoute({
  ...globalSet,
  name: 'adminSetGlobalSecret',
  method: 'POST',
  path: GLOBAL_PATHS.admin,
});

const globalDelete = {
  ...common,
  method: 'DELETE',
  policy: 'admin',
  summary: 'Delete a secret of every workspace, and restart those that it reached',
  params: keyParams,
  failures: ['failed to delete'],
  response: deleted.extend(ofAll),
  errors: [404],
} as const;
export const deleteGlobalSecret = defineRoute({
  ...globalDelete,
  name: 'deleteGlobalSecret',
  path: `${GLOBAL_PATHS.settings}/:key`,
});
export const adminDeleteGlobalSecret = defineRoute({
  ...globalDelete,
  name: 'adminDeleteGlobalSecret',
  path: `${GLOBAL_PATHS.admin}/:key`,
});

export const listGlobalSecretDependents = defineRoute({
  ...common,
  name: 'listGlobalSecretDependents',
  method: 'GET',
  path: `${GLOBAL_PATHS.settings}/:key/dependents`,
  policy: 'admin',
  summary: 'The workspaces that a change of this global secret restarts',
  params: keyParams,
  failures: ['query failed'],
  response: dependents,
});

export const rotateSecretsKey = defineRoute({
  ...common,
  name: 'rotateSecretsKey',
  method: 'POST',
  path: '/admin/secrets/rotate-key',
  policy: 'admin',
  summary: 'Make a new encryption key and seal every secret again, while everything goes on',
  response: z.object({ status: z.literal('rotated'), key_id: z.string(), resealed: z.number().int() }),
  errors: [409],
});

export const validateSecret = defineRoute({
  ...common,
  name: 'validateSecret',
  method: 'POST',
  path: '/secrets/validate',
  policy: 'admin',
  summary: 'Does a key look like one of this provider? Nothing is sent anywhere',
  body: z.object({ provider: z.string(), key: z.string() }),
  response: z.object({ valid: z.boolean(), error: z.string().optional() }),
});

export const readModel = defineRoute({
  ...common,
  name: 'readModel',
  method: 'GET',
  path: '/workspaces/:id/model',
  policy: 'workspace',
  summary: 'The model that a workspace was told to use',
  params: idParams,
  failures: ['query failed', 'failed to decrypt'],
  response: z.object({ model: z.string(), source: z.enum(['default', 'workspace_secrets']) }),
  errors: [404, 410],
});

export const setModel = defineRoute({
  ...common,
  name: 'setModel',
  method: 'PUT',
  path: '/workspaces/:id/model',
  policy: 'workspace',
  summary: 'Choose the model of a workspace, or with an empty text the default, and restart its agent',
  params: idParams,
  body: z.object({ model: z.string().max(LIMITS.modelChars) }),
  failures: ['failed to encrypt secret', 'failed to save secret', 'failed to delete secret'],
  response: z.union([
    z.object({ status: z.literal('saved'), model: z.string() }),
    z.object({ status: z.literal('cleared') }),
  ]),
  errors: [404, 410],
});
