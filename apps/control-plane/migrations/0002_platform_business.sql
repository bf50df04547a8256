-- Keys of partners: the digest and the first sixteen characters, never the key.
create table partner_keys (
  id uuid primary key,
  name text not null,
  key_hash bytea not null unique,
  key_prefix text not null,
  partner_id text not null,
  org_id uuid,
  scopes text[] not null,
  rate_limit integer not null default 60,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
create index partner_keys_partner on partner_keys (partner_id);

-- Model usage that tenants report: numbers and ids, never a text. Rows outlive the organisation without its id.
create table usage_events (
  event_id uuid primary key,
  org_id uuid,
  workspace_id uuid,
  model text not null,
  provider text not null,
  tokens_in bigint not null,
  tokens_out bigint not null,
  cache_read bigint not null,
  cache_write bigint not null,
  at timestamptz not null,
  received_at timestamptz not null default now()
);
create index usage_events_org on usage_events (org_id, at);

-- Credits, append-only: the balance of an organisation is the sum.
create table credit_entries (
  id bigint generated always as identity primary key,
  org_id uuid not null references orgs (id) on delete cascade,
  kind text not null check (kind in ('grant', 'use', 'overage', 'adjust')),
  amount numeric not null,
  reason text not null,
  source_id text not null,
  at timestamptz not null default now(),
  unique (org_id, kind, source_id)
);

-- Subscriptions as the billing provider last told; the newest object wins.
create table subscriptions (
  org_id uuid primary key references orgs (id) on delete cascade,
  customer_id text,
  subscription_id text,
  status text not null,
  plan text not null,
  object_at timestamptz not null,
  updated_at timestamptz not null default now()
);

-- Webhook deliveries by id, stored before they act: a replay finds itself.
create table billing_events (
  event_id text primary key,
  kind text not null,
  received_at timestamptz not null default now(),
  acted_at timestamptz
);

-- Deletions, which outlive what they delete: no foreign key.
create table org_purges (
  id uuid primary key,
  org_id uuid not null,
  slug text not null,
  status text not null check (status in ('running', 'failed', 'done')),
  last_step text,
  last_error text,
  attempts integer not null default 0,
  requested_by text not null,
  at timestamptz not null default now(),
  ended_at timestamptz
);
create unique index org_purges_open on org_purges (org_id) where status <> 'done';

-- Addresses of people who wait, and of those who may sign up while sign-up is closed.
create table waitlist (
  email text primary key,
  name text,
  use_case text,
  at timestamptz not null default now()
);
create table beta_allowlist (
  email text primary key,
  added_by text not null,
  at timestamptz not null default now()
);

-- What tenants say about their own backups: size and age, never the dump.
create table backup_reports (
  id bigint generated always as identity primary key,
  org_id uuid not null references orgs (id) on delete cascade,
  status text not null,
  bytes bigint,
  sha256 text,
  started_at timestamptz not null,
  finished_at timestamptz not null
);
create index backup_reports_org on backup_reports (org_id, id);

-- Units of workspaces that the platform placed for tenants: ids, tier, engine and state, never a name.
create table workspace_units (
  workspace_id uuid primary key,
  org_id uuid not null references orgs (id) on delete cascade,
  runtime text not null,
  tier integer not null,
  instance_id text,
  state text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index workspace_units_org on workspace_units (org_id);

-- Pinned images and machines by engine.
create table pins (
  kind text not null check (kind in ('images', 'machines')),
  name text not null,
  value text not null,
  updated_by text not null,
  updated_at timestamptz not null default now(),
  primary key (kind, name)
);

-- Upgrades of the fleet, one at a time, and what became of each tenant.
create table rollouts (
  id uuid primary key,
  target text not null,
  state text not null check (state in ('running', 'paused', 'done', 'failed')),
  soak_ms bigint not null,
  batch_size integer not null,
  max_stragglers integer not null,
  error text,
  created_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  soak_until timestamptz
);
create unique index rollouts_one_open on rollouts ((true)) where state in ('running', 'paused');
create table rollout_tenants (
  rollout_id uuid not null references rollouts (id) on delete cascade,
  org_id uuid not null,
  slug text not null,
  position integer not null,
  is_canary boolean not null,
  phase text not null check (phase in ('pending', 'upgrading', 'done', 'rolled_back', 'missing')),
  image_before text,
  error text,
  deadline_at timestamptz,
  updated_at timestamptz not null default now(),
  primary key (rollout_id, org_id)
);
