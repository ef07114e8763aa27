-- Locations, clinicians and patients.

-- location_by_name(name text) ->? id int, zone text, address text?, phone text?
SELECT id, zone, address, phone FROM location WHERE name = $1;

-- location_put(name text, zone text, address text?, phone text?)
INSERT INTO location (name, zone, address, phone) VALUES ($1, $2, $3, $4)
ON CONFLICT (name) DO UPDATE SET zone = excluded.zone, address = excluded.address,
	phone = excluded.phone;

-- location_list() -> id int, name text, zone text, phone text?
SELECT id, name, zone, phone FROM location ORDER BY id;
