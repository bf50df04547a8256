-- Around the memory plugin: keys and values of workspaces, who wrote what for many, and what has to be told or done yet.

-- A workspace's own notes by key. An expired row counts as absent, and is deleted by a later sweep or write.
create table key_values (
  workspace_id uuid not null,
  key text not null,
  value json not null,
  version bigint not null,
  expires_at timestamptz,
  updated_at timestamptz not null,
  bytes integer not null,
  primary key (workspace_id, key)
);
create index key_values_expiring on key_values (expires_at) where expires_at is not null;

-- Who wrote a memory that others can read. The plugin keeps the memory; the server does not take its word for the author.
create table memory_authors (
  memory_id text primary key,
  namespace text not null,
  writer_id uuid not null,
  created_at timestamptz not null
);
create index memory_authors_by_writer on memory_authors (writer_id);
create index memory_authors_by_namespace on memory_authors (namespace);

-- Organisation-wide writes and deletions: intended before the plugin is called, told as activity after it has answered.
-- One that stays intended is told as well, with an unknown outcome.
create table memory_audit (
  id uuid primary key,
  activity_type text not null,
  workspace_id uuid not null,
  memory_id text not null,
  label text not null,
  content_digest bytea,
  state text not null check (state in ('intended', 'done')),
  created_at timestamptz not null
);
create index memory_audit_by_age on memory_audit (created_at);

-- Namespaces of purged workspaces that the plugin has still to delete.
create table memory_purges (
  namespace text primary key,
  queued_at timestamptz not null
);

-- First memories of new workspaces, until the plugin has them.
create table memory_seeds (
  id uuid primary key,
  workspace_id uuid not null,
  scope text not null check (scope in ('LOCAL', 'TEAM', 'GLOBAL')),
  content text not null,
  created_at timestamptz not null
);
create index memory_seeds_by_age on memory_seeds (created_at, id);
