-- What the plays (tests/talk) and other tests set up and look at; nothing else uses these.

-- talk_patient(first text) ->? id int
SELECT id FROM patient WHERE first = $1 ORDER BY id LIMIT 1;

-- talk_patient_add(first text, last text, theirs text, lang text) ->? id int
INSERT INTO patient (first, last, theirs, lang, state) VALUES ($1, $2, $3, $4, 'active')
RETURNING id;

-- talk_clinician_put(name text) ->? id int
INSERT INTO clinician (name) VALUES ($1)
ON CONFLICT (name) DO UPDATE SET name = excluded.name
RETURNING id;

-- talk_slot_add(location int, clinician int?, wall text, at int)
INSERT INTO slot (location, clinician, wall, at, state) VALUES ($1, $2, $3, $4, 'open');

-- talk_visit(first text) ->? id int, state text
SELECT v.id, v.state FROM visit v JOIN patient p ON p.id = v.patient
WHERE p.first = $1 ORDER BY v.id DESC LIMIT 1;

-- talk_task() ->? kind text
SELECT kind FROM task WHERE state = 'open' ORDER BY id DESC LIMIT 1;

-- talk_tasks_done()
UPDATE task SET state = 'done' WHERE state = 'open';

-- talk_skipped() ->? why text
SELECT why FROM mt WHERE state IN ('skipped', 'cancelled') ORDER BY moved_at DESC, id DESC LIMIT 1;

-- test_counts() ->? mo int, mt int, task int
SELECT (SELECT count(*) FROM mo), (SELECT count(*) FROM mt), (SELECT count(*) FROM task);

-- test_mt() ->? zone text, state text, expires int
SELECT zone, state, expires FROM mt ORDER BY id DESC LIMIT 1;
