-- The frame: people, visits, texts both ways, questions, consent, tasks.
-- $ID, $INT, $TEXT, $BYTES and $STRICT are the engine's words for the same thing (db/README.md).
-- Checks of more than two words are chains of OR: SQLite makes a table of a longer IN list, each time.

CREATE TABLE meta (
	name $TEXT PRIMARY KEY,
	value $TEXT NOT NULL
) $STRICT;

CREATE TABLE location (
	id $ID,
	name $TEXT NOT NULL UNIQUE,
	zone $TEXT NOT NULL,
	address $TEXT,
	phone $TEXT
) $STRICT;

CREATE TABLE clinician (
	id $ID,
	name $TEXT NOT NULL UNIQUE
) $STRICT;

-- theirs: the number they are texted at, E.164; several people may share one.
CREATE TABLE patient (
	id $ID,
	ext $TEXT UNIQUE,
	first $TEXT NOT NULL,
	last $TEXT NOT NULL,
	theirs $TEXT,
	lang $TEXT NOT NULL,
	state $TEXT NOT NULL CHECK (state = 'active' OR state = 'inactive' OR state = 'deceased')
) $STRICT;
CREATE INDEX patient_theirs ON patient (theirs);

-- wall is the truth ("2026-03-10T14:20" at the location); at is what it comes to in epoch seconds.
-- fingerprint: a digest of time and place; since: when these were set. remind_at: when the plan next has something to do.
CREATE TABLE visit (
	id $ID,
	ext $TEXT UNIQUE,
	patient $INT NOT NULL REFERENCES patient (id),
	location $INT NOT NULL REFERENCES location (id),
	clinician $INT REFERENCES clinician (id),
	wall $TEXT NOT NULL,
	at $INT NOT NULL,
	state $TEXT NOT NULL
		CHECK (state = 'booked' OR state = 'confirmed' OR state = 'cancelled'
			OR state = 'arrived' OR state = 'no-show'),
	fingerprint $TEXT NOT NULL,
	since $INT NOT NULL,
	late_minutes $INT NOT NULL DEFAULT 0,
	remind_at $INT
) $STRICT;
CREATE INDEX visit_patient ON visit (patient, at);
CREATE INDEX visit_at ON visit (at);
CREATE INDEX visit_remind ON visit (remind_at) WHERE remind_at IS NOT NULL;

-- Every change of a visit, with who did it and why, in words.
CREATE TABLE visit_event (
	id $ID,
	visit $INT NOT NULL REFERENCES visit (id),
	at $INT NOT NULL,
	actor $TEXT NOT NULL,
	what $TEXT NOT NULL,
	mo $INT
) $STRICT;
CREATE INDEX visit_event_visit ON visit_event (visit);

CREATE TABLE slot (
	id $ID,
	ext $TEXT UNIQUE,
	location $INT NOT NULL REFERENCES location (id),
	clinician $INT REFERENCES clinician (id),
	wall $TEXT NOT NULL,
	at $INT NOT NULL,
	state $TEXT NOT NULL CHECK (state = 'open' OR state = 'taken' OR state = 'withdrawn'),
	visit $INT REFERENCES visit (id)
) $STRICT;
CREATE INDEX slot_open ON slot (at) WHERE state = 'open';
CREATE INDEX slot_visit ON slot (visit) WHERE visit IS NOT NULL;

-- Texts from patients, kept raw. (account, ref) is what makes a provider's id count once, for ever.
CREATE TABLE mo (
	id $ID,
	account $TEXT NOT NULL,
	ref $TEXT NOT NULL,
	at $INT NOT NULL,
	theirs $TEXT NOT NULL,
	ours $TEXT NOT NULL,
	body $TEXT NOT NULL,
	media $INT NOT NULL,
	raw $BYTES NOT NULL,
	action $TEXT NOT NULL,
	intent $TEXT NOT NULL,
	rule $TEXT NOT NULL,
	normal $TEXT NOT NULL,
	why $TEXT NOT NULL,
	visit $INT,
	UNIQUE (account, ref)
) $STRICT;
CREATE INDEX mo_theirs ON mo (theirs, id);

-- Texts to patients: the outbox and its history. dedupe makes a second try at the same text harmless.
-- fingerprint: the time and place of the visit when the text was written; another one means it moved.
CREATE TABLE mt (
	id $ID,
	token $TEXT NOT NULL UNIQUE,
	dedupe $TEXT NOT NULL UNIQUE,
	account $TEXT NOT NULL,
	kind $TEXT NOT NULL,
	class $TEXT NOT NULL
		CHECK (class = 'care' OR class = 'admin' OR class = 'courtesy' OR class = 'marketing'
			OR class = 'emergency'),
	rank $INT NOT NULL,
	patient $INT,
	visit $INT,
	fingerprint $TEXT,
	unconfirmed_only $INT NOT NULL,
	zone $TEXT NOT NULL,
	theirs $TEXT NOT NULL,
	ours $TEXT NOT NULL,
	body $TEXT NOT NULL,
	segments $INT NOT NULL,
	stop_line $INT NOT NULL,
	cause_mo $INT,
	made_at $INT NOT NULL,
	due $INT NOT NULL,
	expires $INT NOT NULL,
	state $TEXT NOT NULL
		CHECK (state = 'queued' OR state = 'sending' OR state = 'accepted'
			OR state = 'delivered' OR state = 'undelivered' OR state = 'failed'
			OR state = 'cancelled' OR state = 'skipped' OR state = 'uncertain'),
	why $TEXT NOT NULL,
	tries $INT NOT NULL,
	node $TEXT NOT NULL,
	ref $TEXT,
	code $TEXT,
	moved_at $INT NOT NULL
) $STRICT;
CREATE INDEX mt_queue ON mt (account, rank, due) WHERE state = 'queued';
CREATE INDEX mt_sending ON mt (node) WHERE state = 'sending';
CREATE INDEX mt_uncertain ON mt (moved_at) WHERE state = 'uncertain';
CREATE INDEX mt_theirs ON mt (theirs, made_at);
CREATE INDEX mt_visit ON mt (visit) WHERE visit IS NOT NULL;

CREATE TABLE dlr (
	id $ID,
	mt $INT NOT NULL REFERENCES mt (id),
	kind $TEXT NOT NULL,
	code $TEXT NOT NULL,
	at $INT NOT NULL,
	UNIQUE (mt, kind, code)
) $STRICT;

-- What we asked a number, by which text, and until when an answer counts.
-- 'which-yes': which of these visits is the yes about? (flow/bind.c)
-- It is open from the moment that its text may have left (see question_open in db/sql/inbound.sql).
CREATE TABLE question (
	id $ID,
	kind $TEXT NOT NULL
		CHECK (kind = 'confirm' OR kind = 'slots' OR kind = 'which-yes' OR kind = 'which-no'),
	mt $INT NOT NULL REFERENCES mt (id),
	theirs $TEXT NOT NULL,
	ours $TEXT NOT NULL,
	patient $INT REFERENCES patient (id),
	until $INT NOT NULL,
	state $TEXT NOT NULL CHECK (state = 'open' OR state = 'answered' OR state = 'replaced')
) $STRICT;
CREATE INDEX question_pair ON question (theirs, ours, id);

CREATE TABLE question_option (
	question $INT NOT NULL REFERENCES question (id),
	n $INT NOT NULL,
	visit $INT REFERENCES visit (id),
	fingerprint $TEXT,
	slot $INT REFERENCES slot (id),
	PRIMARY KEY (question, n)
) $STRICT;
CREATE INDEX question_option_visit ON question_option (visit) WHERE visit IS NOT NULL;

-- Append-only. A number's newest event decides: 'withdrawal' blocks it, 'grant' frees it.
CREATE TABLE consent (
	id $ID,
	at $INT NOT NULL,
	theirs $TEXT NOT NULL,
	ours $TEXT NOT NULL,
	kind $TEXT NOT NULL CHECK (kind IN ('withdrawal', 'grant')),
	scope $TEXT NOT NULL,
	source $TEXT NOT NULL,
	rule $TEXT NOT NULL,
	body $TEXT NOT NULL,
	mo $INT,
	mt $INT,
	cancelled $INT NOT NULL
) $STRICT;
CREATE INDEX consent_theirs ON consent (theirs, id);

-- What a person must finish. rank: 0 urgent, 1 today, 2 soon.
CREATE TABLE task (
	id $ID,
	at $INT NOT NULL,
	kind $TEXT NOT NULL,
	rank $INT NOT NULL,
	theirs $TEXT NOT NULL,
	patient $INT,
	visit $INT,
	mo $INT,
	mt $INT,
	why $TEXT NOT NULL,
	state $TEXT NOT NULL CHECK (state IN ('open', 'done'))
) $STRICT;
CREATE INDEX task_open ON task (rank, at) WHERE state = 'open';
CREATE INDEX task_theirs ON task (theirs) WHERE state = 'open';
CREATE INDEX task_mt ON task (mt) WHERE mt IS NOT NULL;
