// Read GitHub event: what a delivery asks for, from its event name and payload. Pure; what it does not know is ignored.

import { faults } from '@molecule/domain';
import { isObject } from '../relay/index.ts';

export type GithubRequest =
  | { kind: 'ignore'; reason: string }
  /** Schedules whose name contains one of these, in any case, are due now. */
  | {
      kind: 'trigger';
      event: string;
      action: string;
      repository: string | null;
      scheduleNames: readonly string[];
    }
  | { kind: 'message'; workspaceId: string | null; text: string; metadata: Record<string, unknown> };

type Json = Record<string, unknown>;

const TEXT_CHARS = 20_000;
const QUIET_CONCLUSIONS = new Set(['success', 'skipped', 'neutral']);
const UNSUPPORTED: GithubRequest = { kind: 'ignore', reason: 'unsupported event type' };

/** Events that make schedules due: by which action, and by what in a schedule's name. */
const TRIGGERS: Record<string, { action: string; scheduleNames: readonly string[] }> = {
  issues: { action: 'opened', scheduleNames: ['pick-up-work'] },
  pull_request_review: { action: 'submitted', scheduleNames: ['pr review', 'security review'] },
};

/** Events that become messages. */
const MESSAGES: Record<string, (payload: Json, action: string) => { text: string; metadata: Json } | null> = {
  issue_comment: (payload, action) => {
    if (action !== 'created') return null;
    const number = part(payload, 'issue').number;
    const comment = part(payload, 'comment');
    return {
      text: `commented on #${String(number)}: ${text(comment.body)}`,
      metadata: { issue_number: number, comment_url: comment.html_url },
    };
  },
  pull_request_review_comment: (payload, action) => {
    if (action !== 'created') return null;
    const number = part(payload, 'pull_request').number;
    const comment = part(payload, 'comment');
    return {
      text: `commented on the changes of pull request #${String(number)}: ${text(comment.body)}`,
      metadata: { pull_request_num: number, comment_url: comment.html_url },
    };
  },
  workflow_run: (payload, action) => {
    if (action !== 'completed') return null;
    const run = part(payload, 'workflow_run');
    if (QUIET_CONCLUSIONS.has(text(run.conclusion))) return null;
    return {
      text: `saw the workflow ${text(run.name)} (run ${String(run.run_number)}) end on ${text(run.head_branch)}: ${text(run.conclusion)}`,
      metadata: {
        workflow_name: run.name,
        run_id: run.id,
        run_number: run.run_number,
        conclusion: run.conclusion,
        head_branch: run.head_branch,
        head_sha: run.head_sha,
        run_url: run.html_url,
        trigger_event: run.event,
      },
    };
  },
};

/** Throws INVALID_REQUEST `invalid <event> payload…` for a payload that an event which we act upon cannot have. */
export function readGithubEvent(event: string, rawBody: Buffer, deliveryId: string | null): GithubRequest {
  const trigger = Object.hasOwn(TRIGGERS, event) ? TRIGGERS[event] : undefined;
  const describe = Object.hasOwn(MESSAGES, event) ? MESSAGES[event] : undefined;
  if (!trigger && !describe) return UNSUPPORTED;
  const payload = parse(event, rawBody);
  const action = payload.action as string;
  const repository = name(payload.repository, 'full_name');
  if (trigger) {
    const { scheduleNames } = trigger;
    return action === trigger.action
      ? { kind: 'trigger', event, action, repository, scheduleNames }
      : { kind: 'ignore', reason: `only ${event} action=${trigger.action} triggers crons` };
  }
  const message = explain(event, () => describe?.(payload, action) ?? null);
  if (!message) return UNSUPPORTED;
  const sender = name(payload.sender, 'login');
  return {
    kind: 'message',
    workspaceId: typeof payload.workspace_id === 'string' ? payload.workspace_id : null,
    text: `GitHub, ${repository ?? 'a repository'}: ${sender ?? 'somebody'} ${message.text}`.slice(
      0,
      TEXT_CHARS,
    ),
    metadata: {
      source: 'github',
      event,
      action,
      delivery_id: deliveryId,
      repository,
      sender,
      ...message.metadata,
    },
  };
}

function parse(event: string, rawBody: Buffer): Json {
  return explain(event, () => {
    const payload: unknown = JSON.parse(rawBody.toString('utf8'));
    if (!isObject(payload) || typeof payload.action !== 'string')
      throw new PayloadProblem('action is missing');
    return payload;
  });
}

class PayloadProblem extends Error {}

function explain<T>(event: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof PayloadProblem)
      throw faults.invalidRequest(`invalid ${event} payload: ${error.message}`);
    if (error instanceof SyntaxError) throw faults.invalidRequest(`invalid ${event} payload`);
    throw error;
  }
}

function part(payload: Json, field: string): Json {
  const value = payload[field];
  if (!isObject(value)) throw new PayloadProblem(`${field} is missing`);
  return value;
}

function name(value: unknown, field: string): string | null {
  const found = isObject(value) ? value[field] : null;
  return typeof found === 'string' && found !== '' ? found : null;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
