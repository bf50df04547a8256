// Config: a workspace's settings document (not its config.yaml), and the numbered history of its configurations.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { idParams, lenientInt, timestamp } from './common.ts';
import { defineRoute } from './route.ts';

const document = z.record(z.string(), z.unknown());

export const readConfig = defineRoute({
  name: 'readConfig',
  method: 'GET',
  path: '/workspaces/:id/config',
  policy: 'workspace',
  tag: 'config',
  summary: 'The settings document of a workspace',
  params: idParams,
  response: z.object({ data: document }),
  errors: [404, 410],
});

export const updateConfig = defineRoute({
  name: 'updateConfig',
  method: 'PATCH',
  path: '/workspaces/:id/config',
  policy: 'workspace',
  tag: 'config',
  summary: 'Merge into the settings document at its top level; restarts nothing',
  params: idParams,
  body: document,
  bodyLimit: LIMITS.configPatchBytes,
  invalidBody: 'invalid JSON',
  tooLarge: 'body too large or unreadable',
  response: z.object({ status: z.literal('updated') }),
  errors: [404, 410, 413],
});

/** The configuration that a workspace should run, and the one that its agent runs. */
export const configGeneration = z.object({
  wanted: z.number().int().nullable(),
  /** Null when the agent is away or does not say. */
  running: z.number().int().nullable(),
  drift: z.boolean(),
});
export type ConfigGeneration = z.output<typeof configGeneration>;

export const generationRow = z.object({
  number: z.number().int(),
  /** SHA-256 of everything that the agent is started with, hex. */
  digest: z.string(),
  /** What was saved: `first`, `created`, `secret`, `files`, `document` or `fields`. */
  cause: z.string(),
  created_by: z.string(),
  created_at: timestamp,
});

export const listGenerations = defineRoute({
  name: 'listGenerations',
  method: 'GET',
  path: '/workspaces/:id/config/generations',
  policy: 'workspace',
  tag: 'config',
  summary: 'The configurations of a workspace by number, newest first',
  params: idParams,
  query: z.object({ limit: lenientInt(20, 1, LIMITS.configGenerations) }),
  response: z.array(generationRow),
  errors: [404, 410],
});
