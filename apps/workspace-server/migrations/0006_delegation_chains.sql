-- Chains of delegations: by which way a task came to a workspace. Rows from before, and those of no chain, have none.

-- `chain_path` holds the ids of the workspaces on the way, the target last.
alter table delegations add column chain_id uuid, add column chain_path json;

-- `{id, path}`, so that a message which waits goes on in its chain.
alter table inbox add column chain json;

alter table activity add column chain_id uuid;
