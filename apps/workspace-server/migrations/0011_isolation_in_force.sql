-- What the last start of a workspace really put around its agent.

alter table workspaces add column isolation jsonb;
