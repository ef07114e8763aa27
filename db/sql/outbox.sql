-- The outbox, consent and delivery reports.

-- Nothing returned: the key was there before.
-- mt_add(token text, dedupe text, account text, kind text, class text, rank int, patient int?,
--	visit int?, fingerprint text?, unconfirmed_only int, zone text, theirs text, ours text,
--	body text, segments int, stop_line int, cause_mo int?, made_at int, due int, expires int)
--	->? id int
INSERT INTO mt (token, dedupe, account, kind, class, rank, patient, visit, fingerprint,
	unconfirmed_only, zone, theirs, ours, body, segments, stop_line, cause_mo, made_at, due,
	expires, state, why, tries, node, moved_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
	'queued', '', 0, '', $18)
ON CONFLICT (dedupe) DO NOTHING
RETURNING id;

-- The due texts of one rank with all that the gate looks at.
-- mt_due(account text, rank int, now int, most int)
--	-> id int, token text, kind text, zone text, theirs text, ours text, body text,
--	expires int, visit int?, fingerprint text?, unconfirmed_only int, visit_state text?,
--	visit_fingerprint text?, patient_state text?, consent text?, held int
SELECT m.id, m.token, m.kind, m.zone, m.theirs, m.ours, m.body, m.expires, m.visit, m.fingerprint,
	m.unconfirmed_only, v.state, v.fingerprint, p.state,
	(SELECT c.kind FROM consent c WHERE c.theirs = m.theirs ORDER BY c.id DESC LIMIT 1),
	CASE WHEN EXISTS (SELECT 1 FROM task t
		WHERE t.theirs = m.theirs AND t.state = 'open' AND t.kind = 'maybe opt-out')
	THEN 1 ELSE 0 END
FROM mt m
LEFT JOIN visit v ON v.id = m.visit
LEFT JOIN patient p ON p.id = m.patient
WHERE m.account = $1 AND m.state = 'queued' AND m.rank = $2 AND m.due <= $3
ORDER BY m.due, m.id
LIMIT $4;

-- The state it must still be in stands in the update itself: two claimers never get one row.
-- mt_send(id int, node text, at int)
UPDATE mt SET state = 'sending', node = $2, moved_at = $3, tries = tries + 1, why = ''
WHERE id = $1 AND state = 'queued';

-- mt_wait(id int, due int, why text)
UPDATE mt SET due = $2, why = $3 WHERE id = $1 AND state = 'queued';

-- mt_move(id int, from_state text, to_state text, at int, why text, code text?, ref text?)
UPDATE mt SET state = $3, moved_at = $4, why = $5, code = coalesce($6, code), ref = coalesce($7, ref)
WHERE id = $1 AND state = $2;

-- mt_again(id int, at int, due int, why text, code text?)
UPDATE mt SET state = 'queued', moved_at = $2, due = $3, why = $4, code = $5, node = ''
WHERE id = $1 AND state = 'sending';

-- mt_set_ref(id int, ref text?)
UPDATE mt SET ref = coalesce(ref, $2) WHERE id = $1;

-- mt_get(id int)
--	->? state text, theirs text, ours text, account text, kind text, patient int?, visit int?,
--	tries int, expires int
SELECT state, theirs, ours, account, kind, patient, visit, tries, expires FROM mt WHERE id = $1;

-- mt_by_token(token text)
--	->? id int, state text, theirs text, ours text, account text
SELECT id, state, theirs, ours, account FROM mt WHERE token = $1;

-- mt_recover(node text, at int, why text)
UPDATE mt SET state = 'uncertain', moved_at = $2, why = $3 WHERE state = 'sending' AND node = $1;

-- When the sender has to look, and has to look again. The ranks are named one by one, so that each is
-- a look into the index mt_queue.
-- mt_next_due(account text) ->? due int?
SELECT min(r.due) FROM (
	SELECT min(due) AS due FROM mt WHERE account = $1 AND state = 'queued' AND rank = 0
	UNION ALL
	SELECT min(due) FROM mt WHERE account = $1 AND state = 'queued' AND rank = 1
	UNION ALL
	SELECT min(due) FROM mt WHERE account = $1 AND state = 'queued' AND rank = 2
) r;

-- mt_uncertain_old(before int) -> id int, theirs text, patient int?, visit int?
SELECT m.id, m.theirs, m.patient, m.visit FROM mt m
WHERE m.state = 'uncertain' AND m.moved_at < $1
	AND NOT EXISTS (SELECT 1 FROM task t WHERE t.mt = m.id AND t.kind = 'uncertain text')
LIMIT 100;

-- dlr_add(mt int, kind text, code text, at int)
INSERT INTO dlr (mt, kind, code, at) VALUES ($1, $2, $3, $4) ON CONFLICT (mt, kind, code) DO NOTHING;

-- consent_add(at int, theirs text, ours text, kind text, scope text, source text, rule text,
--	body text, mo int?, mt int?, cancelled int)
INSERT INTO consent (at, theirs, ours, kind, scope, source, rule, body, mo, mt, cancelled)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11);

-- consent_newest(theirs text) ->? kind text
SELECT kind FROM consent WHERE theirs = $1 ORDER BY id DESC LIMIT 1;

-- mt_cancel_all(theirs text, at int, why text)
UPDATE mt SET state = 'cancelled', moved_at = $2, why = $3
WHERE theirs = $1 AND state = 'queued' AND kind <> 'stop';

-- task_open_of_kind(kind text, theirs text) ->? id int
SELECT id FROM task WHERE kind = $1 AND theirs = $2 AND state = 'open' ORDER BY id LIMIT 1;
