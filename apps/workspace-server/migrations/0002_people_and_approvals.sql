-- People and what they decide: approvals, the organisation's own tokens, who works in a workspace, and what came in
-- from outside.

-- A question of a workspace to those above it. The first decision stands; an unanswered one is denied at its deadline.
create table approvals (
  id uuid primary key,
  workspace_id uuid not null,
  task_id text,
  action text not null,
  reason text,
  context json,
  status text not null check (status in ('pending', 'approved', 'denied')),
  decided_by text,
  decided_at timestamptz,
  created_at timestamptz not null,
  deadline_at timestamptz,
  constraint deadline_while_pending check ((status = 'pending') = (deadline_at is not null)),
  constraint decision_is_signed
    check ((status = 'pending') = (decided_by is null) and (decided_by is null) = (decided_at is null))
);
create index approvals_by_workspace on approvals (workspace_id, created_at desc);
create index approvals_pending on approvals (deadline_at) where deadline_at is not null;

-- Tokens that act for the whole organisation. `org_id` is inherited from the token that minted it, else null.
create table org_tokens (
  id uuid primary key,
  digest bytea not null unique,
  prefix text not null,
  name text not null default '',
  org_id text,
  created_by text not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz
);
create index org_tokens_live on org_tokens (created_at) where revoked_at is null;

-- Who works in a workspace: at most one active agent at a time.
create table agents (
  id uuid primary key,
  workspace_id uuid not null references workspaces (id) on delete cascade,
  model text not null,
  status text not null check (status in ('active', 'replaced', 'removed')),
  created_at timestamptz not null,
  ended_at timestamptz,
  constraint ended_exactly_when_not_active check ((status = 'active') = (ended_at is null))
);
create unique index agents_one_active on agents (workspace_id) where status = 'active';
create index agents_by_workspace on agents (workspace_id);

-- Deliveries of webhooks that were taken already; a repeated one is answered and not acted upon.
create table webhook_deliveries (
  source text not null,
  delivery_id text not null,
  received_at timestamptz not null,
  primary key (source, delivery_id)
);
create index webhook_deliveries_by_age on webhook_deliveries (received_at);

-- What a client named by an idempotency key: the digest of the request and the answer that a repeat gets again.
create table request_keys (
  principal text not null,
  key text not null,
  digest bytea not null,
  answer json not null,
  created_at timestamptz not null,
  primary key (principal, key)
);
create index request_keys_by_age on request_keys (created_at);
