-- People who sign in at the platform. Nothing of what they do inside a tenant is here.
create table users (
  id uuid primary key,
  email text not null,
  name text not null default '',
  password_hash text not null,
  terms_version text,
  terms_accepted_at timestamptz,
  created_at timestamptz not null default now()
);
create unique index users_email on users (lower(email));

-- Browser sessions at the platform's own host, by digest.
create table user_sessions (
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  digest bytea not null unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz
);
create index user_sessions_user on user_sessions (user_id);

-- Organisations, each with exactly one tenant.
create table orgs (
  id uuid primary key,
  slug text not null unique check (slug ~ '^[a-z][a-z0-9-]{2,31}$'),
  name text not null,
  status text not null check (status in ('awaiting_payment', 'provisioning', 'running', 'failed', 'suspended', 'purging')),
  plan text not null default 'free',
  region text,
  is_canary boolean not null default false,
  max_workspaces integer,
  max_tier integer,
  created_by text not null,
  partner_id text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

-- Who belongs to an organisation, and as what.
create table org_members (
  org_id uuid not null references orgs (id) on delete cascade,
  user_id uuid not null references users (id) on delete cascade,
  role text not null check (role in ('owner', 'admin', 'member')),
  created_at timestamptz not null default now(),
  primary key (org_id, user_id)
);
create index org_members_user on org_members (user_id);

-- Invitations, by the digest of the one-time token in their link.
create table org_invites (
  id uuid primary key,
  org_id uuid not null references orgs (id) on delete cascade,
  email text not null,
  role text not null check (role in ('owner', 'admin', 'member')),
  digest bytea not null unique,
  invited_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  accepted_at timestamptz
);
create index org_invites_org on org_invites (org_id);

-- The tenant of an organisation: what is wanted, what is, and the sealed credentials by which it is called.
create table tenant_instances (
  org_id uuid primary key references orgs (id) on delete cascade,
  status text not null check (status in ('provisioning', 'running', 'failed', 'stopped', 'purged')),
  wanted text not null check (wanted in ('up', 'stopped', 'gone')),
  driver text not null,
  generation integer not null default 0,
  slot text not null default 'a',
  upstream text,
  image text not null default 'local',
  admin_token_sealed bytea,
  admin_token_digest bytea unique,
  data_key_sealed bytea,
  attempt integer not null default 1,
  stage text,
  last_error text,
  deadline_at timestamptz,
  next_try_at timestamptz not null default now(),
  failures integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index tenant_instances_due on tenant_instances (next_try_at);

-- The boot steps of the newest attempts.
create table provision_steps (
  org_id uuid not null references orgs (id) on delete cascade,
  attempt integer not null,
  name text not null,
  state text not null check (state in ('running', 'ok', 'failed')),
  started_at timestamptz not null,
  ended_at timestamptz,
  deadline_at timestamptz not null,
  primary key (org_id, attempt, name)
);

-- What tenants say about their own boot.
create table boot_events (
  id bigint generated always as identity primary key,
  org_id uuid not null references orgs (id) on delete cascade,
  stage text not null,
  status text not null check (status in ('start', 'ok', 'fail')),
  detail text,
  elapsed_ms bigint,
  at timestamptz not null default now()
);
create index boot_events_org on boot_events (org_id, id);

-- Outside resources, each written before the call that makes it. No foreign key: a claim outlives what it was made for.
create table tenant_resources (
  id uuid primary key,
  org_id uuid not null,
  kind text not null,
  external_id text,
  state text not null check (state in ('claimed', 'created', 'deleting', 'deleted')),
  meta jsonb not null default '{}',
  at timestamptz not null default now()
);
create index tenant_resources_org on tenant_resources (org_id);

-- What operators, people and partners did. Append-only; outlives the organisation.
create table platform_audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  org_id uuid,
  slug text,
  partner_id text,
  detail jsonb not null default '{}'
);
create index platform_audit_org on platform_audit (org_id, id);

-- What connected tenants must act on within a second.
create table revocations (
  seq bigint generated always as identity primary key,
  org_id uuid not null,
  kind text not null check (kind in ('user', 'membership', 'org_suspended')),
  subject text not null,
  at timestamptz not null default now()
);
create index revocations_org on revocations (org_id, seq);
