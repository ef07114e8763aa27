-- The demo's practice.

-- demo_patient(ext text) ->? id int
SELECT id FROM patient WHERE ext = $1;

-- demo_visits(after int) ->? n int
SELECT count(*) FROM visit WHERE at > $1;
