-- The tenant's core: workspaces as the fold of their events, vital signs, credentials, activity, delegations.

create table workspaces (
  id uuid primary key,
  name text not null,
  role text,
  tier smallint not null check (tier between 1 and 4),
  runtime text not null,
  model text,
  template text,
  status text not null check (status in (
    'provisioning', 'awaiting_agent', 'online', 'degraded', 'offline',
    'failed', 'paused', 'hibernating', 'hibernated', 'removed')),
  status_reason text,
  status_detail text,
  parent_id uuid references workspaces (id),
  url text not null default '',
  is_url_ours boolean not null default false,
  agent_card jsonb,
  delivery_mode text check (delivery_mode in ('push', 'poll')),
  backend text not null,
  x double precision not null default 0,
  y double precision not null default 0,
  is_collapsed boolean not null default false,
  workspace_dir text,
  workspace_access text not null default 'none',
  budget_limit_cents bigint,
  max_concurrent_tasks integer not null default 1 check (max_concurrent_tasks >= 1),
  hibernation_idle_minutes integer not null default 0,
  deadline_at timestamptz,
  forwarded_to uuid references workspaces (id),
  created_at timestamptz not null,
  removed_at timestamptz,
  check (parent_id is distinct from id),
  -- Transient states carry a deadline, all others none.
  constraint deadline_exactly_in_transient_states
    check ((status in ('provisioning', 'hibernating')) = (deadline_at is not null)),
  check ((status = 'removed') = (removed_at is not null))
);
create index workspaces_by_parent on workspaces (parent_id);
create index workspaces_by_deadline on workspaces (deadline_at) where deadline_at is not null;

-- What heartbeats report. Not structural: a replay of the log does not restore it, and nothing depends on it.
create table workspace_vitals (
  workspace_id uuid primary key references workspaces (id) on delete cascade,
  active_tasks integer not null default 0,
  error_rate double precision not null default 0,
  last_sample_error text not null default '',
  current_task text not null default '',
  uptime_seconds bigint not null default 0,
  monthly_spend_cents bigint not null default 0,
  runtime_state text not null default '',
  runtime_metadata json,
  last_heartbeat_at timestamptz,
  last_outbound_at timestamptz
) with (fillfactor = 70);

-- The append-only log of structure events. `change` is what the event did to the workspace's row; folding all changes
-- of a workspace by `position` gives the row. `seq` is given by the one publisher, in the order of publication; a row
-- without it is the outbox.
create table events (
  position bigint generated always as identity primary key,
  id uuid not null unique,
  seq bigint unique,
  workspace_id uuid,
  event_type text not null,
  payload jsonb not null,
  change jsonb,
  actor text not null,
  created_at timestamptz not null
);
create index events_outbox on events (position) where seq is null;
create index events_by_workspace on events (workspace_id, position);

create table event_sequence (
  only_row boolean primary key default true check (only_row),
  last_seq bigint not null
);
insert into event_sequence (last_seq) values (0);

create function refuse_event_rewrite() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.seq is null and new.seq is not null
     and (old.position, old.id, old.event_type, old.payload, old.change, old.actor, old.created_at)
         is not distinct from
         (new.position, new.id, new.event_type, new.payload, new.change, new.actor, new.created_at)
     and old.workspace_id is not distinct from new.workspace_id then
    return new;
  end if;
  raise exception 'the event log is append-only';
end $$;
create trigger events_are_append_only before update on events
  for each row execute function refuse_event_rewrite();

create table workspace_tokens (
  id uuid primary key,
  workspace_id uuid not null references workspaces (id) on delete cascade,
  digest bytea not null unique,
  prefix text not null,
  origin text not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  revoked_at timestamptz,
  revoked_by text
);
create index workspace_tokens_live on workspace_tokens (workspace_id) where revoked_at is null;

create table sign_in_codes (
  digest bytea primary key,
  expires_at timestamptz not null,
  used_at timestamptz
);

create table sessions (
  id uuid primary key,
  digest bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);

create table activity (
  seq bigint generated always as identity primary key,
  id uuid not null unique,
  workspace_id uuid not null,
  activity_type text not null,
  source_id text,
  target_id text,
  method text,
  summary text,
  request_body json,
  response_body json,
  tool_trace json,
  duration_ms integer,
  status text not null,
  error_detail text,
  created_at timestamptz not null
);
create index activity_by_workspace on activity (workspace_id, seq desc);

-- Messages for workspaces that are away or busy. `seq` keeps their order; an end is written once.
create table inbox (
  seq bigint generated always as identity primary key,
  id uuid not null unique,
  workspace_id uuid not null,
  sender_id text,
  method text not null,
  body json not null,
  headers json not null,
  message_id text,
  delegation_id text,
  priority smallint not null default 50,
  status text not null check (status in
    ('queued', 'dispatched', 'completed', 'failed', 'dropped', 'expired', 'cancelled')),
  attempts integer not null default 0,
  last_error text,
  response_status integer,
  response_body json,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deadline_at timestamptz,
  ended_at timestamptz,
  constraint deadline_while_open check ((status in ('queued', 'dispatched')) = (deadline_at is not null))
);
create index inbox_open on inbox (workspace_id, priority desc, seq) where deadline_at is not null;
create index inbox_deadlines on inbox (deadline_at) where deadline_at is not null;

-- Idempotency keys: a sender's own message id towards one target, with what it was answered.
create table message_keys (
  sender_id text not null,
  target_id uuid not null,
  message_id text not null,
  digest bytea not null,
  activity_id uuid,
  queue_id uuid,
  response_status integer not null,
  created_at timestamptz not null,
  primary key (sender_id, target_id, message_id)
);
create index message_keys_by_age on message_keys (created_at);

create table delegations (
  id text primary key,
  source_id uuid not null,
  target_id uuid not null,
  task text not null,
  status text not null check (status in ('pending', 'dispatched', 'queued', 'completed', 'failed')),
  is_recorded boolean not null default false,
  idempotency_key text,
  request_digest bytea,
  response_text text,
  error text,
  attempts integer not null default 0,
  deadline_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  ended_at timestamptz,
  constraint deadline_until_the_end check ((status in ('completed', 'failed')) = (deadline_at is null))
);
create index delegations_by_source on delegations (source_id, updated_at desc);
create index delegations_open on delegations (deadline_at) where deadline_at is not null;
create unique index delegations_by_key on delegations (source_id, idempotency_key)
  where idempotency_key is not null and status <> 'failed';

-- The first /configs files of a workspace, laid down before its agent starts.
create table workspace_files (
  workspace_id uuid not null references workspaces (id) on delete cascade,
  path text not null,
  content text not null,
  primary key (workspace_id, path)
);

create table canvas_viewport (
  only_row boolean primary key default true check (only_row),
  x double precision not null,
  y double precision not null,
  zoom double precision not null
);
