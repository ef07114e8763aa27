-- What an inbound text needs: keep it once, see the situation, note the decision.

-- Nothing returned: this provider id was here before.
-- mo_keep(account text, ref text, at int, theirs text, ours text, body text, media int, raw bytes)
--	->? id int
INSERT INTO mo (account, ref, at, theirs, ours, body, media, raw, action, intent, rule, normal, why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '', '', '', '')
ON CONFLICT (account, ref) DO NOTHING
RETURNING id;

-- mo_decided(id int, action text, intent text, rule text, normal text, why text, visit int?)
UPDATE mo SET action = $2, intent = $3, rule = $4, normal = $5, why = $6, visit = $7 WHERE id = $1;

-- people_on(theirs text) -> id int, first text, lang text, state text
SELECT id, first, lang, state FROM patient WHERE theirs = $1 ORDER BY id;

-- visits_on(theirs text, after int)
--	-> id int, patient int, at int, wall text, zone text, state text, clinician text?,
--	fingerprint text
SELECT v.id, v.patient, v.at, v.wall, l.zone, v.state, c.name, v.fingerprint
FROM patient p
JOIN visit v ON v.patient = p.id
JOIN location l ON l.id = v.location
LEFT JOIN clinician c ON c.id = v.clinician
WHERE p.theirs = $1 AND p.state = 'active' AND v.at > $2 AND v.state IN ('booked', 'confirmed')
ORDER BY v.at, v.id;

-- What was lately written to a number, newest first.
-- recent_texts(theirs text, after int, most int) -> body text
SELECT body FROM mt WHERE theirs = $1 AND made_at > $2 ORDER BY made_at DESC LIMIT $3;

-- How often a number has said the same since a moment.
-- same_lately(theirs text, after int, normal text) ->? n int
SELECT count(*) FROM mo WHERE theirs = $1 AND at > $2 AND normal = $3;

-- A question is open once its text may have left. Newest first.
-- questions_on(theirs text, ours text)
--	-> id int, kind text, until int, patient int?, state text, visit int?, fingerprint text?
SELECT q.id, q.kind, q.until, q.patient, q.state, o.visit, o.fingerprint
FROM question q
JOIN mt m ON m.id = q.mt
LEFT JOIN question_option o ON o.question = q.id AND q.kind = 'confirm'
WHERE q.theirs = $1 AND q.ours = $2 AND q.state <> 'replaced'
	AND m.state <> 'queued' AND m.state <> 'failed' AND m.state <> 'cancelled'
	AND m.state <> 'skipped'
ORDER BY q.id DESC
LIMIT 50;

-- visit_get(id int)
--	->? id int, patient int, at int, wall text, zone text, state text, clinician text?,
--	fingerprint text, location int, since int, remind_at int?
SELECT v.id, v.patient, v.at, v.wall, l.zone, v.state, c.name, v.fingerprint, v.location, v.since,
	v.remind_at
FROM visit v
JOIN location l ON l.id = v.location
LEFT JOIN clinician c ON c.id = v.clinician
WHERE v.id = $1;

-- question_visits(question int) -> visit int
SELECT visit FROM question_option WHERE question = $1 AND visit IS NOT NULL ORDER BY n;

-- slots_offered(question int)
--	-> id int, at int, wall text, zone text, clinician text?, location text, state text
SELECT s.id, s.at, s.wall, l.zone, c.name, l.name, s.state
FROM question_option o
JOIN slot s ON s.id = o.slot
JOIN location l ON l.id = s.location
LEFT JOIN clinician c ON c.id = s.clinician
WHERE o.question = $1
ORDER BY o.n;

-- slots_open(after int, most int)
--	-> id int, at int, wall text, zone text, clinician text?, location text
SELECT s.id, s.at, s.wall, l.zone, c.name, l.name
FROM slot s
JOIN location l ON l.id = s.location
LEFT JOIN clinician c ON c.id = s.clinician
WHERE s.state = 'open' AND s.at > $1
ORDER BY s.at, s.id
LIMIT $2;

-- Automatic replies to a number since two moments, and holding replies since the second.
-- replies_to(theirs text, hour_ago int, day_ago int) ->? hour int, day int, holds int
SELECT coalesce(sum(CASE WHEN made_at > $2 THEN 1 ELSE 0 END), 0), count(*),
	coalesce(sum(CASE WHEN kind = 'hold' THEN 1 ELSE 0 END), 0)
FROM mt
WHERE theirs = $1 AND made_at > $3 AND (kind = 'reply' OR kind = 'hold' OR kind = 'stop');

-- question_open(kind text, mt int, theirs text, ours text, patient int?, until int) ->? id int
INSERT INTO question (kind, mt, theirs, ours, patient, until, state)
VALUES ($1, $2, $3, $4, $5, $6, 'open')
RETURNING id;

-- question_option_add(question int, n int, visit int?, fingerprint text?, slot int?)
INSERT INTO question_option (question, n, visit, fingerprint, slot) VALUES ($1, $2, $3, $4, $5);

-- question_answered(id int)
UPDATE question SET state = 'answered' WHERE id = $1;

-- A newer question about the same visit takes the place of the older ones.
-- questions_replace(visit int)
UPDATE question SET state = 'replaced'
WHERE state <> 'replaced' AND id IN (SELECT question FROM question_option WHERE visit = $1);

-- task_add(at int, kind text, rank int, theirs text, patient int?, visit int?, mo int?, mt int?,
--	why text)
INSERT INTO task (at, kind, rank, theirs, patient, visit, mo, mt, why, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open');
