// Approvals: a workspace asks before it acts; those above it decide.

import { LIMITS } from '@molecule/domain';
import { z } from 'zod';
import { idParams, lenientInt, timestamp, uuid } from './common.ts';
import { defineRoute } from './route.ts';

export const APPROVAL_STATUSES = ['pending', 'approved', 'denied'] as const;
export const approvalStatus = z.enum(APPROVAL_STATUSES);
export type ApprovalStatus = z.output<typeof approvalStatus>;

const page = z.object({
  limit: lenientInt(LIMITS.approvalsListed, 1, LIMITS.approvalsListedMax),
  offset: lenientInt(0, 0, 1_000_000),
});

export const requestApproval = defineRoute({
  name: 'requestApproval',
  method: 'POST',
  path: '/workspaces/:id/approvals',
  policy: 'workspace',
  tag: 'approvals',
  summary: 'Ask for approval of an action; unanswered requests are denied after ten minutes',
  params: idParams,
  body: z.object({
    action: z.string().min(1).max(LIMITS.approvalActionChars),
    task_id: z.string().max(256).nullish(),
    reason: z.string().max(LIMITS.approvalReasonChars).nullish(),
    context: z.record(z.string(), z.unknown()).nullish(),
  }),
  invalidBody: 'invalid request body',
  response: z.object({ approval_id: uuid, status: z.literal('pending') }),
  status: 201,
  errors: [404, 410, 429],
});

export const approvalRow = z.object({
  id: uuid,
  task_id: z.string().nullable(),
  action: z.string(),
  reason: z.string().nullable(),
  status: approvalStatus,
  decided_by: z.string().nullable(),
  decided_at: timestamp.nullable(),
  created_at: timestamp,
});
export type ApprovalRow = z.output<typeof approvalRow>;

export const listApprovals = defineRoute({
  name: 'listApprovals',
  method: 'GET',
  path: '/workspaces/:id/approvals',
  policy: 'workspace',
  tag: 'approvals',
  summary: "A workspace's approval requests, newest first",
  params: idParams,
  query: page,
  response: z.array(approvalRow),
  errors: [404, 410],
});

export const pendingApprovalRow = z.object({
  id: uuid,
  workspace_id: uuid,
  workspace_name: z.string(),
  action: z.string(),
  reason: z.string().nullable(),
  status: z.literal('pending'),
  created_at: timestamp,
});

export const listPendingApprovals = defineRoute({
  name: 'listPendingApprovals',
  method: 'GET',
  path: '/approvals/pending',
  policy: 'admin',
  tag: 'approvals',
  summary: 'Everything that waits for a decision, newest first',
  query: page,
  response: z.array(pendingApprovalRow),
});

const decisionParams = z.object({ id: z.string(), approvalId: z.string() });
const decisionReply = z.object({ status: z.enum(['approved', 'denied']), approval_id: uuid });
const decidedBy = z.string().min(1).max(256).nullish();

export const decideApproval = defineRoute({
  name: 'decideApproval',
  method: 'POST',
  path: '/workspaces/:id/approvals/:approvalId/decide',
  policy: 'superior',
  tag: 'approvals',
  summary: 'Approve or deny; whoever asked cannot decide',
  params: decisionParams,
  body: z.object({ decision: z.string().nullish(), approved: z.boolean().nullish(), decided_by: decidedBy }),
  invalidBody: 'invalid request body',
  response: decisionReply,
  errors: [403, 404, 410],
});

export const approveApproval = defineRoute({
  name: 'approveApproval',
  method: 'POST',
  path: '/workspaces/:id/approvals/:approvalId/approve',
  policy: 'superior',
  tag: 'approvals',
  summary: 'Approve',
  params: decisionParams,
  body: z.object({ decided_by: decidedBy }),
  isBodyOptional: true,
  invalidBody: 'invalid request body',
  response: decisionReply,
  errors: [403, 404, 410],
});

export const denyApproval = defineRoute({
  name: 'denyApproval',
  method: 'POST',
  path: '/workspaces/:id/approvals/:approvalId/deny',
  policy: 'superior',
  tag: 'approvals',
  summary: 'Deny',
  params: decisionParams,
  body: z.object({ decided_by: decidedBy }),
  isBodyOptional: true,
  invalidBody: 'invalid request body',
  response: decisionReply,
  errors: [403, 404, 410],
});
