// Budget: what a workspace may spend in a month and what it has spent, in whole USD cents.

import { z } from 'zod';
import { idParams } from './common.ts';
import { defineRoute } from './route.ts';

export const budgetView = z.object({
  budget_limit: z.number().int().nullable(),
  monthly_spend: z.number().int(),
  /** Null without a limit; below zero when more was spent than allowed. */
  budget_remaining: z.number().int().nullable(),
  /** The same figure as `monthly_spend`, under the name that bars read. */
  budget_used: z.number().int(),
});
export type BudgetView = z.output<typeof budgetView>;

export const readBudget = defineRoute({
  name: 'readBudget',
  method: 'GET',
  path: '/workspaces/:id/budget',
  policy: 'workspace',
  tag: 'workspaces',
  summary: "A workspace's monthly budget and spend, in USD cents",
  params: idParams,
  response: budgetView,
  errors: [404, 410],
});

export const changeBudget = defineRoute({
  name: 'changeBudget',
  method: 'PATCH',
  path: '/workspaces/:id/budget',
  policy: 'admin',
  tag: 'workspaces',
  summary: 'Set the monthly limit of a workspace in USD cents; null takes it away, 0 stops all messages',
  params: idParams,
  body: z.looseObject({ budget_limit: z.unknown().optional() }),
  invalidBody: 'invalid request body',
  response: budgetView,
  errors: [404, 410],
});
