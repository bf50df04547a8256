-- A workspace may delete a file that its template brings: its row then has no content.
alter table workspace_files alter column content drop not null;
