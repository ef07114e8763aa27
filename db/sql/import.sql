-- What imports look up and write.

-- import_patient_by_ext(ext text)
--	->? id int, first text, last text, theirs text?, lang text, state text
SELECT id, first, last, theirs, lang, state FROM patient WHERE ext = $1;

-- A file without ids: the same name on the same number is the same person.
-- import_patient_by_name(first text, last text, theirs text)
--	->? id int, first text, last text, theirs text?, lang text, state text
SELECT id, first, last, theirs, lang, state FROM patient
WHERE theirs = $3 AND first = $1 AND last = $2
ORDER BY id LIMIT 1;

-- import_patient_add(ext text?, first text, last text, theirs text?, lang text, state text)
--	->? id int
INSERT INTO patient (ext, first, last, theirs, lang, state) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id;

-- import_patient_set(id int, first text, last text, theirs text?, lang text, state text)
UPDATE patient SET first = $2, last = $3, theirs = $4, lang = $5, state = $6 WHERE id = $1;

-- import_clinician(name text) ->? id int
SELECT id FROM clinician WHERE name = $1;

-- import_clinician_add(name text) ->? id int
INSERT INTO clinician (name) VALUES ($1) RETURNING id;

-- import_slot_by_ext(ext text)
--	->? id int, location int, clinician int?, wall text, state text
SELECT id, location, clinician, wall, state FROM slot WHERE ext = $1;

-- import_slot_add(ext text, location int, clinician int?, wall text, at int, state text)
INSERT INTO slot (ext, location, clinician, wall, at, state) VALUES ($1, $2, $3, $4, $5, $6);

-- A slot that somebody has taken is not moved under their feet.
-- import_slot_set(id int, location int, clinician int?, wall text, at int, state text)
UPDATE slot SET location = $2, clinician = $3, wall = $4, at = $5, state = $6
WHERE id = $1 AND state <> 'taken';
