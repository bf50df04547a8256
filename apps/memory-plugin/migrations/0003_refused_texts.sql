-- Texts that the embedder refuses: asked once for a model, not again until the text or the model changes.

create table memory_vector_refusals (
  seq bigint primary key references memories (seq) on delete cascade,
  model text not null,
  refused_at timestamptz not null
);

create or replace function drop_stale_vector() returns trigger language plpgsql as $$
begin
  delete from memory_vectors where seq = new.seq;
  delete from memory_vector_refusals where seq = new.seq;
  return null;
end $$;
