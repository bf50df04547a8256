-- Who a person is at an identity provider. The subject never changes there; an address may.
create table user_identities (
  issuer text not null,
  subject text not null,
  user_id uuid not null references users (id) on delete cascade,
  created_at timestamptz not null,
  primary key (issuer, subject)
);
create unique index user_identities_user on user_identities (user_id, issuer);

-- Null: this account is entered by a provider only.
alter table users alter column password_hash drop not null;
