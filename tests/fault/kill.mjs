// Kills the running program with SIGKILL at random instants, again and again, while texts come in
// and go out, and compares three ledgers at the end: what the client was answered, what the store
// holds, and what the provider's stub took. Usage: node kill.mjs [KILLS]
//
// Checked: every id answered 2xx is in the store (P1), each once, whatever was repeated (P4); the stub
// took each text at most once (P5); nothing is left in `sending`; every lost answer is `uncertain` or
// settled by its report; no request to a number begins after its STOP was answered (P9).
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Checks, SID, Program, dice, provider } from './rig.mjs';

const KILLS = Number(process.argv[2] ?? 200);
const SEED = Number(process.env.SEED ?? Date.now() % 1e6);
const { random, pick } = dice(SEED);

// The provider: takes texts, sometimes loses its own answer, reports delivery a little later.
const taken = new Map(); // token -> times accepted
const reports = [];
const stub = await provider((form, res) => {
  const token = form.get('StatusCallback').split('/').pop();
  taken.set(token, (taken.get(token) ?? 0) + 1);
  const sid = `SM${randomUUID().replaceAll('-', '')}`;
  if (random() < 0.5) reports.push({ url: form.get('StatusCallback'), sid });
  if (random() < 0.1) return res.socket.destroy(); // accepted, but the answer is lost
  return setTimeout(() => {
    res.writeHead(201, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ sid, status: 'queued' }));
  }, random() * 20);
});
const program = await Program.on(stub, 'kill');

const numbers = Array.from({ length: 1500 }, (_, i) => `+1312555${String(1000 + i)}`);
const answered = new Map(); // MessageSid -> text, once answered 2xx
const stopped = new Map(); // number -> when STOP was answered
const sent = []; // everything ever posted, for repeats
let serial = 0;

async function oneText() {
  if (sent.length && random() < 0.2) { // the provider repeats itself
    const again = pick(sent);
    if ((await program.text(...again)) === 200) answered.set(again[0], again[2]);
    return;
  }
  const from = pick(numbers);
  const text = random() < 0.1 ? 'STOP' : pick(['help', 'HELP', 'info', 'hello there']);
  const mo = [`SM${SEED}x${serial++}`, from, text];
  sent.push(mo);
  if ((await program.text(...mo)) !== 200) return;
  answered.set(mo[0], text);
  if (text === 'STOP' && !stopped.has(from)) stopped.set(from, performance.now());
}

async function oneReport() {
  const r = reports.shift();
  if (!r) return;
  await program.post(new URL(r.url).pathname, { MessageSid: r.sid, MessageStatus: 'delivered', AccountSid: SID });
}

if (!(await program.start())) throw new Error('the program did not start');
for (let kill = 0; kill < KILLS; kill++) {
  let load = true;
  const workers = Array.from({ length: 6 }, async () => {
    while (load) {
      await (random() < 0.2 ? oneReport() : oneText());
      await sleep(0);
    }
  });
  await sleep(random() * 120);
  program.child.kill('SIGKILL');
  await program.exited;
  load = false;
  await Promise.all(workers);
  await program.start();
  if (kill % 50 === 49) console.log(`${kill + 1} kills, ${answered.size} texts answered, ${taken.size} sent`);
}
while (reports.length) await oneReport();
await sleep(1500);
program.child.kill('SIGTERM');
const graceful = await program.exited;

const checks = new Checks();
const check = checks.check.bind(checks);
const stored = new Map(program.rows('SELECT ref, count(*) AS n FROM mo GROUP BY ref').map((r) => [r.ref, r.n]));
const lost = [...answered.keys()].filter((ref) => !stored.has(ref));
check('every text answered 2xx is in the store', lost.length === 0, `${lost.length} of ${answered.size} lost`);
const doubles = [...stored].filter(([, n]) => n !== 1);
check('each provider id is there once', doubles.length === 0, JSON.stringify(doubles.slice(0, 3)));
const twice = [...taken].filter(([, n]) => n > 1);
check('the provider took each text at most once', twice.length === 0, `${twice.length} of ${taken.size} twice`);
const states = Object.fromEntries(program.rows('SELECT state, count(*) AS n FROM mt GROUP BY state').map((r) => [r.state, r.n]));
check('nothing is left in sending', !states.sending, JSON.stringify(states));
const known = new Map(program.rows("SELECT token, state FROM mt").map((r) => [r.token, r.state]));
const odd = [...taken.keys()].filter((t) => !['accepted', 'delivered', 'uncertain'].includes(known.get(t)));
check('what the provider took is accepted, delivered or uncertain', odd.length === 0, odd.map((t) => known.get(t)).join());
const claimed = [...known].filter(([t, s]) => ['accepted', 'delivered'].includes(s) && !taken.has(t));
check('what counts as accepted was taken', claimed.length === 0, String(claimed.length));
const late = program.begun().filter((b) => !b.confirms && b.at > stopped.get(b.to));
check('no text to a number begins after its STOP was answered', late.length === 0,
  `${late.length}: ${JSON.stringify(late.slice(0, 2))}`);
const replies = program.rows("SELECT cause_mo, count(*) AS n FROM mt GROUP BY cause_mo HAVING n > 1");
check('no text got two replies', replies.length === 0, JSON.stringify(replies.slice(0, 3)));
check('the last run ended by itself on SIGTERM', graceful === 0, String(graceful));
check('the run meant something', answered.size > KILLS && taken.size > KILLS / 4 && stopped.size > 3,
  `${answered.size} answered, ${taken.size} taken, ${stopped.size} stops`);
check('the store is whole', program.rows('PRAGMA integrity_check')[0].integrity_check === 'ok', 'integrity_check');
console.log(`seed ${SEED}: ${KILLS} kills, ${answered.size} texts answered, ${taken.size} sent, ` +
  `${stopped.size} stops, states ${JSON.stringify(states)}`);
stub.close();
stub.closeAllConnections();
if (!checks.failures) rmSync(program.folder, { recursive: true });
else console.log(`the store is left in ${program.folder}; again with SEED=${SEED}`);
checks.end();
