-- The one image that an organisation may be brought to; null: any.
alter table orgs add column pinned_image text;
