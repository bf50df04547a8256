-- Sessions can be listed: how each was opened, by whom as the platform calls them, and on what.
alter table sign_in_codes add column subject text;
alter table sessions add column opened_by text not null default 'link' check (opened_by in ('link', 'token', 'platform'));
alter table sessions add column subject text;
alter table sessions add column device text;
