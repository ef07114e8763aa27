-- Reminders: visits whose plan has something to do now.

-- visits_to_remind(now int, most int)
--	-> id int, patient int, at int, wall text, zone text, state text, clinician text?,
--	fingerprint text, since int, first text, theirs text?, lang text, patient_state text,
--	phone text?
SELECT v.id, v.patient, v.at, v.wall, l.zone, v.state, c.name, v.fingerprint, v.since, p.first,
	p.theirs, p.lang, p.state, l.phone
FROM visit v
JOIN patient p ON p.id = v.patient
JOIN location l ON l.id = v.location
LEFT JOIN clinician c ON c.id = v.clinician
WHERE v.remind_at IS NOT NULL AND v.remind_at <= $1
ORDER BY v.remind_at
LIMIT $2;

-- visits_coming(after int, after_id int, most int)
--	-> id int, at int, wall text, zone text, since int
SELECT v.id, v.at, v.wall, l.zone, v.since
FROM visit v
JOIN location l ON l.id = v.location
WHERE v.at > $1 AND v.id > $2 AND v.state IN ('booked', 'confirmed')
ORDER BY v.id
LIMIT $3;

-- The newest text that told this number how to opt out.
-- stop_line_newest(theirs text) ->? at int?
SELECT max(made_at) FROM mt
WHERE theirs = $1 AND stop_line = 1
	AND state <> 'cancelled' AND state <> 'skipped' AND state <> 'failed';
