-- The history of the schema itself; see db/migrate.c.

-- migration_list() -> number int, name text, digest text
SELECT number, name, digest FROM migration ORDER BY number;

-- migration_add(number int, name text, digest text, at int)
INSERT INTO migration (number, name, digest, at) VALUES ($1, $2, $3, $4);

-- meta_get(name text) ->? value text
SELECT value FROM meta WHERE name = $1;

-- meta_set(name text, value text)
INSERT INTO meta (name, value) VALUES ($1, $2)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;
