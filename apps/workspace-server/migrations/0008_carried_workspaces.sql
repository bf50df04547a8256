-- A workspace that changes its backend: where its data still lies, and where a copy was left that can go.

alter table workspaces
  add column carry_from text check (carry_from <> backend),
  add column erase_from text check (erase_from <> backend);
