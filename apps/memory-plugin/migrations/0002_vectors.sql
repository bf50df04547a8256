-- What the contents mean, as vectors of length one, 32-bit floats, little-endian: a vector ends with its memory, and with the
-- words that it was made of.

create table memory_vectors (
  seq bigint primary key references memories (seq) on delete cascade,
  model text not null,
  vector bytea not null
);

create function drop_stale_vector() returns trigger language plpgsql as $$
begin
  delete from memory_vectors where seq = new.seq;
  return null;
end $$;
create trigger memories_drop_stale_vector after update of content on memories
  for each row when (old.content is distinct from new.content) execute function drop_stale_vector();
