-- Where memories come from, what was forgotten on request, which memories are read, and what a look through them suggests.

-- Only of memories whose writer said where they come from. A summary names what it was made of.
create table memory_provenance (
  memory_id text primary key,
  namespace text not null,
  writer_id uuid not null,
  message_id text,
  file text,
  url text,
  subjects text[] not null,
  derived_from text[] not null,
  is_outside boolean not null,
  created_at timestamptz not null
);
create index memory_provenance_by_message on memory_provenance (message_id) where message_id is not null;
create index memory_provenance_by_file on memory_provenance (file) where file is not null;
create index memory_provenance_by_url on memory_provenance (url) where url is not null;
create index memory_provenance_by_subject on memory_provenance using gin (subjects);
create index memory_provenance_by_source on memory_provenance using gin (derived_from);
create index memory_provenance_by_writer on memory_provenance (writer_id);
create index memory_provenance_by_namespace on memory_provenance (namespace);

-- A receipt holds no content, and of the subject a digest alone.
create table forget_receipts (
  id uuid primary key,
  subject_kind text not null check (subject_kind in ('memory', 'workspace', 'message', 'file', 'url', 'subject', 'text')),
  subject_digest bytea not null,
  requested_by text not null,
  state text not null check (state in ('pending', 'done')),
  created_at timestamptz not null,
  finished_at timestamptz,
  backups_until timestamptz not null
);
create index forget_receipts_by_age on forget_receipts (created_at desc, id);
create index forget_receipts_pending on forget_receipts (created_at) where state = 'pending';

create table forget_items (
  receipt_id uuid not null references forget_receipts (id) on delete cascade,
  kind text not null check (kind in ('memory', 'key', 'activity')),
  item_id text not null,
  namespace text not null,
  memory_kind text,
  why text not null check (why in ('asked', 'derived', 'mention')),
  gone_at timestamptz,
  primary key (receipt_id, kind, namespace, item_id)
);
create index forget_items_by_memory on forget_items (item_id) where kind = 'memory';

-- The last day on which a memory was read. `memory_care` says since when that is noted.
create table memory_reads (
  memory_id text primary key,
  last_read_on date not null
);
create table memory_care (
  is_only boolean primary key default true check (is_only),
  reads_since timestamptz not null
);
insert into memory_care (reads_since) values (now());

create table memory_suggestions (
  id uuid primary key,
  kind text not null check (kind in ('duplicate', 'near_duplicate', 'expiring', 'never_read')),
  memory_id text not null,
  namespace text not null,
  other_id text,
  detail text not null,
  state text not null check (state in ('open', 'accepted', 'dismissed')),
  created_at timestamptz not null,
  decided_at timestamptz,
  decided_by text,
  unique (kind, memory_id)
);
create index memory_suggestions_open on memory_suggestions (created_at, id) where state = 'open';
create index memory_suggestions_by_other on memory_suggestions (other_id) where other_id is not null;
