// STOP against a sender at work: every number has a backlog, everything is sent as fast as it goes, and
// each number says STOP at a moment of its own. No request to it may begin after its STOP was answered
// (P9), but the one that confirms the stop. When it began is told by tap.c. Usage: node stop.mjs [NUMBERS]
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Checks, OURS, Program, dice, provider } from './rig.mjs';

const NUMBERS = Number(process.argv[2] ?? 400);
const EACH = 25;
const SEED = Number(process.env.SEED ?? Date.now() % 1e6);
const { random } = dice(SEED);

let taken = 0;
const confirmed = new Map(); // number -> confirmations of its stop
const stub = await provider((form, res) => {
  const to = form.get('To');
  taken++;
  if (/won't get any more/.test(form.get('Body'))) confirmed.set(to, (confirmed.get(to) ?? 0) + 1);
  setTimeout(() => {
    res.writeHead(201, { 'content-type': 'application/json', ...(random() < 0.1 && { connection: 'close' }) });
    res.end(JSON.stringify({ sid: `SM${randomUUID().replaceAll('-', '')}`, status: 'queued' }));
  }, random() * 5);
});
const program = await Program.on(stub, 'stop');
program.run('migrate');
// Interleaved, so that at any moment most numbers have something left to send.
program.sql(`BEGIN;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${NUMBERS * EACH - 1})
INSERT INTO mt (token, dedupe, account, kind, class, rank, unconfirmed_only, zone, theirs, ours, body,
  segments, stop_line, made_at, due, expires, state, why, tries, node, moved_at)
SELECT lower(hex(randomblob(16))), 'd' || i, 'main', 'staff', 'care', 1, 0, 'UTC',
  '+1312555' || (1000 + i % ${NUMBERS}), '${OURS}', 'Hello', 1, 0, 1, 1, 4000000000, 'queued', '', 0, '', 1 FROM n;
COMMIT;`);

const checks = new Checks();
if (!(await program.start({ TAP_CONNECT_US: '10000' }))) throw new Error('the program did not start');
const stopped = new Map(); // number -> when its STOP was answered
const wait = new Map();
for (let i = 0; i < NUMBERS; i++) wait.set(`+1312555${1000 + i}`, random());
const span = NUMBERS * EACH / 3; // ms: about as long as the backlog lasts
await Promise.all([...wait].map(async ([number, part], i) => {
  await sleep(part * span);
  if ((await program.text(`SM${SEED}s${i}`, number, 'Stop')) === 200) stopped.set(number, performance.now());
}));
for (let before = -1; before !== taken; await sleep(1000)) before = taken; // until all is quiet
program.child.kill('SIGTERM');
await program.exited;

const begun = program.begun();
const late = begun.filter((b) => !b.confirms && b.at > stopped.get(b.to));
const states = Object.fromEntries(program.rows("SELECT state, count(*) AS n FROM mt WHERE kind = 'staff' GROUP BY state").map((r) => [r.state, r.n]));
const cut = program.rows("SELECT DISTINCT theirs FROM mt WHERE kind = 'staff' AND state IN ('cancelled', 'skipped')");
checks.check('every STOP was answered', stopped.size === NUMBERS, `${stopped.size} of ${NUMBERS}`);
checks.check('no text begins after its STOP was answered', late.length === 0, `${late.length} of ${begun.length}`);
checks.check('each stop was confirmed once', confirmed.size === NUMBERS && [...confirmed.values()].every((n) => n === 1),
  `${confirmed.size} of ${NUMBERS}`);
checks.check('the tap saw what the provider took', begun.length === taken, `${begun.length}, ${taken}`);
checks.check('the backlog is sent or cancelled, nothing else',
  (states.accepted ?? 0) + (states.cancelled ?? 0) + (states.skipped ?? 0) === NUMBERS * EACH
  && states.accepted === taken - NUMBERS, JSON.stringify(states));
checks.check('the run meant something', cut.length > NUMBERS / 4 && states.accepted > NUMBERS,
  `${cut.length} numbers stopped with texts left, ${states.accepted} sent`);
console.log(`seed ${SEED}: ${states.accepted} texts sent, ${states.cancelled} cancelled by ${cut.length} stops in time`);
stub.close();
stub.closeAllConnections();
rmSync(program.folder, { recursive: true });
checks.end();
