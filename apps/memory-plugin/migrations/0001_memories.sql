-- What agents remember: namespaces and the memories in them, in a schema of their own.

-- A namespace that is being deleted has lost its name: nobody finds it, and its rows go in batches.
create table namespaces (
  id bigint generated always as identity primary key,
  name text unique,
  kind text not null check (kind in ('workspace', 'team', 'org', 'custom')),
  expires_at timestamptz,
  metadata json,
  created_at timestamptz not null
);
create index namespaces_expiring on namespaces (expires_at) where expires_at is not null;

-- `search` holds the words of the content as the plugin reads them (no language of the database is asked), and the
-- namespace as one more word, so that one index answers "these words in these namespaces".
create table memories (
  seq bigint generated always as identity primary key,
  id text not null unique,
  namespace_id bigint not null references namespaces (id),
  content text not null,
  kind text not null check (kind in ('fact', 'summary', 'checkpoint')),
  source text not null check (source in ('agent', 'runtime', 'user')),
  expires_at timestamptz,
  is_pinned boolean not null default false,
  propagation json,
  created_at timestamptz not null,
  search tsvector not null
);
create index memories_newest on memories (namespace_id, is_pinned, created_at, seq);
create index memories_by_namespace on memories (namespace_id, seq);
create index memories_expiring on memories (expires_at) where expires_at is not null;
create index memories_search on memories using gin (search) with (fastupdate = off);
