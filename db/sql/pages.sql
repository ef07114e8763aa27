-- What the pages show.

-- Everybody with a phone, and their next visit.
-- phone_people(now int)
--	-> id int, first text, last text, theirs text, lang text, wall text?, state text?
SELECT p.id, p.first, p.last, p.theirs, p.lang, v.wall, v.state
FROM patient p
LEFT JOIN visit v ON v.id = (SELECT n.id FROM visit n
	WHERE n.patient = p.id AND n.at > $1 ORDER BY n.at, n.id LIMIT 1)
WHERE p.theirs IS NOT NULL
ORDER BY p.theirs, p.id;

-- All that was said between us and a number, oldest first, of the newest so many.
-- phone_texts(theirs text, most int)
--	-> way text, id int, at int, body text, state text, why text, rule text
SELECT r.way, r.id, r.at, r.body, r.state, r.why, r.rule FROM (
	SELECT 'in' AS way, id, at, body, action AS state, why, rule
	FROM mo WHERE theirs = $1
	UNION ALL
	SELECT 'out' AS way, id, made_at AS at, body, state, why, kind AS rule
	FROM mt WHERE theirs = $1
	ORDER BY 3 DESC, 1 DESC, 2 DESC
	LIMIT $2
) r
ORDER BY r.at, r.way, r.id;

-- phone_visits(theirs text, after int)
--	-> id int, first text, wall text, zone text, clinician text?, location text, state text,
--	late_minutes int
SELECT v.id, p.first, v.wall, l.zone, c.name, l.name, v.state, v.late_minutes
FROM patient p
JOIN visit v ON v.patient = p.id
JOIN location l ON l.id = v.location
LEFT JOIN clinician c ON c.id = v.clinician
WHERE p.theirs = $1 AND v.at > $2
ORDER BY v.at, v.id
LIMIT 5;
