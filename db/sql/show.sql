-- What `responder show` lists.

-- show_visits(after int, most int)
--	-> id int, wall text, zone text, first text, last text, theirs text?, location text,
--	clinician text?, state text, late_minutes int
SELECT v.id, v.wall, l.zone, p.first, p.last, p.theirs, l.name, c.name, v.state, v.late_minutes
FROM visit v
JOIN patient p ON p.id = v.patient
JOIN location l ON l.id = v.location
LEFT JOIN clinician c ON c.id = v.clinician
WHERE v.at > $1
ORDER BY v.at, v.id
LIMIT $2;

-- show_outbox(most int)
--	-> id int, made_at int, due int, theirs text, kind text, state text, segments int, why text,
--	code text?, body text
SELECT id, made_at, due, theirs, kind, state, segments, why, code, body
FROM mt ORDER BY id DESC LIMIT $1;

-- show_inbox(most int)
--	-> id int, at int, theirs text, action text, rule text, body text
SELECT id, at, theirs, action, rule, body FROM mo ORDER BY id DESC LIMIT $1;

-- show_tasks(most int)
--	-> id int, at int, rank int, kind text, theirs text, first text?, last text?, why text,
--	body text?
SELECT t.id, t.at, t.rank, t.kind, t.theirs, p.first, p.last, t.why, m.body
FROM task t
LEFT JOIN patient p ON p.id = t.patient
LEFT JOIN mo m ON m.id = t.mo
WHERE t.state = 'open'
ORDER BY t.rank, t.at, t.id
LIMIT $1;

-- show_suppressed(most int)
--	-> theirs text, at int, source text, rule text, body text, cancelled int
SELECT c.theirs, c.at, c.source, c.rule, c.body, c.cancelled
FROM consent c
WHERE c.kind = 'withdrawal'
	AND c.id = (SELECT max(n.id) FROM consent n WHERE n.theirs = c.theirs)
ORDER BY c.id DESC
LIMIT $1;

-- show_why(id int, ref text)
--	->? id int, account text, ref text, at int, theirs text, ours text, body text, normal text,
--	intent text, rule text, action text, why text, visit int?
SELECT id, account, ref, at, theirs, ours, body, normal, intent, rule, action, why, visit
FROM mo WHERE id = $1 OR ref = $2 ORDER BY id LIMIT 1;

-- show_caused_by(mo int) -> id int, kind text, state text, body text, why text
SELECT id, kind, state, body, why FROM mt
WHERE theirs = (SELECT theirs FROM mo WHERE id = $1) AND cause_mo = $1
ORDER BY id;

-- The newest texts, for trying other rules on them.
-- show_texts(most int)
--	-> id int, account text, ref text, at int, theirs text, ours text, body text, media int
SELECT id, account, ref, at, theirs, ours, body, media FROM mo ORDER BY id DESC LIMIT $1;
