-- 1: what is sealed is bound to owner, name and master key; 2: to allowed_hosts too
ALTER TABLE vault_entries ADD COLUMN form INTEGER NOT NULL DEFAULT 1;
