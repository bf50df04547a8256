-- A workspace's id is its tenant's own word: two tenants may say the same one, and neither learns of the other.
alter table workspace_units drop constraint workspace_units_pkey;
alter table workspace_units
  add constraint workspace_units_pkey primary key (org_id, workspace_id);
