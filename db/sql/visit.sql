-- Visits and slots: the only statements that change them.

-- visit_add(ext text?, patient int, location int, clinician int?, wall text, at int,
--	fingerprint text, state text, since int, remind_at int?)
--	->? id int
INSERT INTO visit (ext, patient, location, clinician, wall, at, fingerprint, state, since, remind_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
RETURNING id;

-- visit_by_ext(ext text)
--	->? id int, patient int, location int, clinician int?, wall text, state text,
--	fingerprint text
SELECT id, patient, location, clinician, wall, state, fingerprint FROM visit WHERE ext = $1;

-- visit_state(id int, from_state text, to_state text)
UPDATE visit SET state = $3 WHERE id = $1 AND state = $2;

-- A visit at another time or place has to be asked about anew.
-- visit_move(id int, location int, clinician int?, wall text, at int, fingerprint text, since int,
--	remind_at int?)
UPDATE visit SET location = $2, clinician = $3, wall = $4, at = $5, fingerprint = $6, since = $7,
	remind_at = $8, late_minutes = 0, state = 'booked'
WHERE id = $1;

-- visit_set_clinician(id int, clinician int?)
UPDATE visit SET clinician = $2 WHERE id = $1;

-- visit_late(id int, minutes int)
UPDATE visit SET late_minutes = $2 WHERE id = $1;

-- visit_remind_at(id int, remind_at int?)
UPDATE visit SET remind_at = $2 WHERE id = $1;

-- visit_event_add(visit int, at int, actor text, what text, mo int?)
INSERT INTO visit_event (visit, at, actor, what, mo) VALUES ($1, $2, $3, $4, $5);

-- slot_take(id int)
UPDATE slot SET state = 'taken' WHERE id = $1 AND state = 'open';

-- slot_visit(id int, visit int)
UPDATE slot SET visit = $2 WHERE id = $1;

-- slot_get(id int) ->? location int, clinician int?, wall text, at int, zone text
SELECT s.location, s.clinician, s.wall, s.at, l.zone
FROM slot s
JOIN location l ON l.id = s.location
WHERE s.id = $1;

-- A cancelled visit gives its slot back.
-- slot_free(visit int, now int)
UPDATE slot SET state = 'open', visit = NULL WHERE visit = $1 AND state = 'taken' AND at > $2;

-- The queued texts about a visit, when it moved or was cancelled.
-- mt_drop_for_visit(visit int, at int, why text)
UPDATE mt SET state = 'skipped', why = $3, moved_at = $2 WHERE visit = $1 AND state = 'queued';

-- A location's zone was corrected (flow/rezone.c).
-- visits_of_location(location int, after int) -> id int, wall text, at int, since int
SELECT id, wall, at, since FROM visit WHERE location = $1 AND at > $2;

-- visit_rezone(id int, at int, remind_at int?)
UPDATE visit SET at = $2, remind_at = $3 WHERE id = $1;

-- mt_rezone(visit int, zone text, by int)
UPDATE mt SET zone = $2, expires = expires + $3, due = due + $3 WHERE visit = $1 AND state = 'queued';

-- question_rezone(visit int, by int)
UPDATE question SET until = until + $2
WHERE id IN (SELECT question FROM question_option WHERE visit = $1);

-- slots_of_location(location int, after int) -> id int, wall text
SELECT id, wall FROM slot WHERE location = $1 AND at > $2;

-- slot_rezone(id int, at int)
UPDATE slot SET at = $2 WHERE id = $1;
