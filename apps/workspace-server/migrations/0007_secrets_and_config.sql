-- Secrets, and the numbered configurations of workspaces.

-- A secret of one workspace or, without one, of the whole organisation. `version_id` changes with every value.
-- encryption_version: 0 as it is, 1 sealed without its place, 2 sealed in its place under the key `key_id`.
create table secrets (
  id uuid primary key,
  workspace_id uuid references workspaces (id) on delete cascade,
  name text not null,
  sealed bytea not null,
  encryption_version smallint not null check (encryption_version in (0, 1, 2)),
  key_id text,
  version_id uuid not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique nulls not distinct (workspace_id, name),
  constraint placed_seals_name_their_key check ((encryption_version = 2) = (key_id is not null))
);

-- The settings document of a workspace; not its config.yaml.
create table config_documents (
  workspace_id uuid primary key references workspaces (id) on delete cascade,
  document jsonb not null,
  updated_at timestamptz not null
);

-- The newest configuration of a workspace, the one that its agent must run at least, and the one that its unit was last
-- started with.
create table config_heads (
  workspace_id uuid primary key references workspaces (id) on delete cascade,
  number integer not null default 0,
  restart_at_least integer not null default 0,
  started integer
);

-- Configurations by number. `contents` holds digests and names, never a secret's value.
create table config_generations (
  workspace_id uuid not null references config_heads (workspace_id) on delete cascade,
  number integer not null check (number > 0),
  digest bytea not null,
  contents jsonb not null,
  cause text not null,
  created_by text not null,
  created_at timestamptz not null,
  primary key (workspace_id, number)
);

create function refuse_generation_rewrite() returns trigger language plpgsql as $$
begin
  raise exception 'a configuration generation is immutable';
end $$;
create trigger generations_are_immutable before update on config_generations
  for each row execute function refuse_generation_rewrite();

-- Everything that a unit of this workspace is started with.
create function config_contents(wanted uuid) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'runtime', w.runtime, 'model', w.model, 'template', w.template, 'tier', w.tier, 'role', w.role,
    'workspace_dir', w.workspace_dir, 'workspace_access', w.workspace_access,
    'document', (select encode(sha256(convert_to(d.document::text, 'UTF8')), 'hex')
                 from config_documents d where d.workspace_id = w.id),
    'files', (select coalesce(jsonb_object_agg(f.path, encode(sha256(convert_to(f.content, 'UTF8')), 'hex')), '{}')
              from workspace_files f where f.workspace_id = w.id),
    'secrets', (select coalesce(jsonb_object_agg(s.name, s.version_id), '{}')
                from (select distinct on (name) name, version_id from secrets
                      where workspace_id = w.id or workspace_id is null
                      order by name, workspace_id nulls last) s))
  from workspaces w where w.id = wanted
$$;

insert into config_heads (workspace_id, number, started) select id, 1, 1 from workspaces where status <> 'removed';
insert into config_generations (workspace_id, number, digest, contents, cause, created_by, created_at)
  select h.workspace_id, 1, sha256(convert_to(c.contents::text, 'UTF8')), c.contents, 'first', 'system:migration', now()
  from config_heads h cross join lateral (select config_contents(h.workspace_id) as contents) c;

-- The organisation that seals are bound to; the data folder that named it may be another one day.
create table secrets_place (
  only_row boolean primary key default true check (only_row),
  org_id text not null
);
