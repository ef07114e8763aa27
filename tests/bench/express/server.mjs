// The commonest way to build what we build: Express, Twilio's own middleware, better-sqlite3, one
// transaction per request. Does the work of our inbound path on the same store: keep the text once,
// match it, look at the number, its questions and visits, change the visit, queue the reply.
// Usage: node server.mjs PORT STORE SECRET
import Database from 'better-sqlite3';
import express from 'express';
import { randomBytes } from 'node:crypto';
import twilio from 'twilio';

const [port, store, secret] = process.argv.slice(2);
const db = new Database(store);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.pragma('foreign_keys = ON');

const rules = [
  ['stop', /^\W*(stop|stopall|unsubscribe|end|quit|cancel|revoke|optout|opt out)\W*$/i],
  ['help', /^\W*(help|info)\W*$/i],
  ['reschedule', /\b(reschedule|another (day|time)|change my (appointment|appt))\b/i],
  ['cancel', /\b(cancel my|can'?t (make|come)|cannot (make|come)|won'?t be able)\b/i],
  ['late', /\b(running|be) (\d+ ?min\w* )?late\b|\bstuck in traffic\b/i],
  ['book', /\b(book|new appointment|make an appointment)\b/i],
  ['confirm', /\b(yes|yep|yeah|yup|c|confirm\w*|see you|i'?ll be there|sounds good|ok(ay)?)\b/i],
  ['cancel', /^\W*(n|no|nope)\W*$/i],
];
const intentOf = (text) => rules.find(([, pattern]) => pattern.test(text))?.[0] ?? 'none';

const keep = db.prepare(`INSERT INTO mo (account, ref, at, theirs, ours, body, media, raw, action,
  intent, rule, normal, why) VALUES ('main', ?, ?, ?, ?, ?, 0, ?, '', ?, '-', '', '')
  ON CONFLICT DO NOTHING`);
const people = db.prepare('SELECT id, first, lang FROM patient WHERE theirs = ?');
const question = db.prepare(`SELECT q.id, o.visit FROM question q JOIN mt m ON m.id = q.mt
  JOIN question_option o ON o.question = q.id
  WHERE q.theirs = ? AND q.ours = ? AND q.state <> 'replaced' AND q.until > ?
  ORDER BY q.id DESC LIMIT 1`);
const newest = db.prepare('SELECT kind FROM consent WHERE theirs = ? ORDER BY id DESC LIMIT 1');
const replies = db.prepare('SELECT count(*) AS n FROM mt WHERE theirs = ? AND made_at > ?');
const setVisit = db.prepare("UPDATE visit SET state = ? WHERE id = ? AND state IN ('booked', 'confirmed')");
const addEvent = db.prepare("INSERT INTO visit_event (visit, at, actor, what, mo) VALUES (?, ?, 'text', ?, ?)");
const answered = db.prepare("UPDATE question SET state = 'answered' WHERE id = ?");
const addTask = db.prepare(`INSERT INTO task (at, kind, rank, theirs, patient, mo, why, state)
  VALUES (?, ?, 1, ?, ?, ?, 'not understood', 'open')`);
const addMt = db.prepare(`INSERT INTO mt (token, dedupe, account, kind, class, rank, unconfirmed_only,
  zone, theirs, ours, body, segments, stop_line, cause_mo, made_at, due, expires, state, why, tries,
  node, moved_at) VALUES (?, ?, 'main', 'reply', 'care', 0, 0, 'UTC', ?, ?, ?, 1, 0, ?, ?, ?, ?,
  'queued', '', 0, '', ?)`);

const texts = {
  confirm: (first) => `Thank you, ${first}, you're confirmed.`,
  cancel: (first) => `${first}, your visit is cancelled.`,
  help: () => 'Lakeside: call +13125550199 for help. Reply STOP to end texts.',
  none: () => 'Thank you, somebody from the practice will answer you.',
};

const take = db.transaction((form, raw) => {
  const now = Math.floor(Date.now() / 1000);
  const intent = intentOf(form.Body);
  const kept = keep.run(form.MessageSid, now, form.From, form.To, form.Body, raw, intent);
  if (!kept.changes) return;
  const mo = kept.lastInsertRowid;
  const who = people.all(form.From);
  const q = question.get(form.From, form.To, now);
  const stopped = newest.get(form.From)?.kind === 'withdrawal';
  const state = { confirm: 'confirmed', cancel: 'cancelled' }[intent];
  if (state && q) {
    if (setVisit.run(state, q.visit).changes) addEvent.run(q.visit, now, state, mo);
    answered.run(q.id);
  } else if (intent !== 'help') {
    addTask.run(now, intent, form.From, who[0]?.id ?? null, mo);
  }
  if (stopped || replies.get(form.From, now - 3600).n >= 4) return;
  const text = (texts[intent] ?? texts.none)(who[0]?.first ?? 'there');
  addMt.run(randomBytes(16).toString('hex'), `reply:${mo}`, form.From, form.To, text, mo, now, now,
    now + 7200, now);
});

const app = express();
app.post('/in/main',
  express.urlencoded({ extended: false, verify: (req, res, buffer) => { req.raw = buffer; } }),
  twilio.webhook({ url: `http://127.0.0.1:${port}/in/main` }, secret),
  (req, res) => {
    take.immediate(req.body, req.raw);
    res.type('text/xml').send('<Response/>');
  });
app.listen(Number(port), '127.0.0.1');
