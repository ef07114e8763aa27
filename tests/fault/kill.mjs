// Kills the running program with SIGKILL at random instants, again and again, while texts come in
// and go out, and compares three ledgers at the end: what the client was answered, what the store
// holds, and what the provider's stub took. Usage: node kill.mjs [KILLS]
//
// Checked: every id answered 2xx is in the store (P1), each once, whatever was repeated (P4); the stub
// took each text at most once (P5); nothing is left in `sending`; every lost answer is `uncertain` or
// settled by its report; no request to a number begins after its STOP was answered (P9).
import { spawn, execFileSync } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const KILLS = Number(process.argv[2] ?? 200);
const SEED = Number(process.env.SEED ?? Date.now() % 1e6);
const ROOT = new URL('../../', import.meta.url).pathname;
const OURS = '+13125550100';
const TOKEN = 'a-secret-of-the-test';
const SID = 'AC0123456789abcdef0123456789abcdef';

let state = SEED >>> 0;
const random = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32);
const pick = (list) => list[Math.floor(random() * list.length)];

const folder = mkdtempSync(join(tmpdir(), 'kill-'));
const store = join(folder, 'store.db');
const freePort = () => new Promise((done) => {
  const s = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = s.address();
    s.close(() => done(port));
  });
});
const port = await freePort();
const publicUrl = `http://127.0.0.1:${port}`;

// The provider: takes texts, sometimes loses its own answer, reports delivery a little later.
const taken = new Map(); // token -> times accepted
const begun = []; // {to, at}
const reports = [];
const stub = http.createServer((req, res) => {
  const at = performance.now();
  let body = '';
  req.on('data', (d) => (body += d));
  req.on('end', () => {
    const form = new URLSearchParams(body);
    const token = form.get('StatusCallback').split('/').pop();
    begun.push({ to: form.get('To'), at, text: form.get('Body') });
    taken.set(token, (taken.get(token) ?? 0) + 1);
    const sid = 'SM' + randomUUID().replaceAll('-', '');
    if (random() < 0.5) reports.push({ url: form.get('StatusCallback'), sid });
    if (random() < 0.1) return req.socket.destroy(); // accepted, but the answer is lost
    setTimeout(() => {
      res.writeHead(201, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ sid, status: 'queued' }));
    }, random() * 20);
  });
}).listen(0, '127.0.0.1');
await new Promise((done) => stub.once('listening', done));

writeFileSync(join(folder, 'secret'), TOKEN + '\n', { mode: 0o600 });
writeFileSync(join(folder, 'responder.yaml'), `
listen: 127.0.0.1:${port}
public_url: ${publicUrl}
store: ${store}
practice:
  name: Lakeside
  phone: "+13125550199"
  country: US
locations:
  - name: Main
    zone: America/Chicago
accounts:
  - name: main
    provider: twilio
    sender: "${OURS}"
    user: ${SID}
    secret_file: secret
    api_url: http://127.0.0.1:${stub.address().port}
    per_minute: 60000
`);

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
const post = (path, fields) => new Promise((done) => {
  const body = new URLSearchParams(fields).toString();
  const data = publicUrl + path + Object.keys(fields).sort().map((k) => k + fields[k]).join('');
  const signature = createHmac('sha1', TOKEN).update(data, 'utf8').digest('base64');
  const req = http.request(publicUrl + path, {
    agent, method: 'POST', timeout: 3000,
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature,
      'content-length': Buffer.byteLength(body) },
  }, (res) => { res.resume(); res.on('end', () => done(res.statusCode)); });
  req.on('error', () => done(0));
  req.on('timeout', () => req.destroy());
  req.end(body);
});

const numbers = Array.from({ length: 1500 }, (_, i) => `+1312555${String(1000 + i)}`);
const answered = new Map(); // MessageSid -> text, once answered 2xx
const stopped = new Map(); // number -> when STOP was answered
const sent = []; // everything ever posted, for repeats
let serial = 0;

async function oneText() {
  if (sent.length && random() < 0.2) { // the provider repeats itself
    const again = pick(sent);
    if ((await post('/in/main', again)) === 200) answered.set(again.MessageSid, again.Body);
    return;
  }
  const from = pick(numbers);
  const text = random() < 0.1 ? 'STOP' : pick(['help', 'HELP', 'info', 'hello there']);
  const fields = { MessageSid: `SM${String(SEED)}x${serial++}`, AccountSid: SID, From: from, To: OURS,
    Body: text, NumMedia: '0' };
  sent.push(fields);
  if ((await post('/in/main', fields)) !== 200) return;
  answered.set(fields.MessageSid, fields.Body);
  if (fields.Body === 'STOP' && !stopped.has(from)) stopped.set(from, performance.now());
}

async function oneReport() {
  const r = reports.shift();
  if (!r) return;
  await post(new URL(r.url).pathname, { MessageSid: r.sid, MessageStatus: 'delivered', AccountSid: SID });
}

let child;
const start = () => {
  child = spawn(join(ROOT, 'build/responder'), ['serve', '--config', join(folder, 'responder.yaml')],
    { stdio: ['ignore', 'ignore', process.env.NOISY ? 'inherit' : 'ignore'] });
  return new Promise((done) => child.once('exit', done));
};
const ready = async () => {
  for (let i = 0; i < 200; i++) {
    const status = await new Promise((done) => {
      const req = http.get(publicUrl + '/readyz', (res) => { res.resume(); done(res.statusCode); });
      req.on('error', () => done(0));
    });
    if (status === 200) return true;
    await sleep(10);
  }
  return false;
};

let exited = start();
if (!(await ready())) {
  console.log('the program did not start');
  child.kill('SIGKILL');
  process.exit(1);
}
for (let kill = 0; kill < KILLS; kill++) {
  let load = true;
  const workers = Array.from({ length: 6 }, async () => {
    while (load) {
      await (random() < 0.2 ? oneReport() : oneText());
      await sleep(0);
    }
  });
  await sleep(random() * 120);
  child.kill('SIGKILL');
  await exited;
  load = false;
  await Promise.all(workers);
  exited = start();
  await ready();
  if (kill % 50 === 49) console.log(`${kill + 1} kills, ${answered.size} texts answered, ${taken.size} sent`);
}
while (reports.length) await oneReport();
await sleep(1500);
child.kill('SIGTERM');
const graceful = await exited;

const rows = (sql) => JSON.parse(execFileSync('sqlite3', ['-json', store, sql], { maxBuffer: 1 << 28 }).toString() || '[]');
const failures = [];
const check = (name, ok, detail) => {
  console.log(`[${ok ? '       OK ' : '  FAILED  '}] ${name}${ok ? '' : ': ' + detail}`);
  if (!ok) failures.push(name);
};
const stored = new Map(rows('SELECT ref, count(*) AS n FROM mo GROUP BY ref').map((r) => [r.ref, r.n]));
const lost = [...answered.keys()].filter((ref) => !stored.has(ref));
check('every text answered 2xx is in the store', lost.length === 0, `${lost.length} of ${answered.size} lost`);
const doubles = [...stored].filter(([, n]) => n !== 1);
check('each provider id is there once', doubles.length === 0, JSON.stringify(doubles.slice(0, 3)));
const twice = [...taken].filter(([, n]) => n > 1);
check('the provider took each text at most once', twice.length === 0, `${twice.length} of ${taken.size} twice`);
const states = Object.fromEntries(rows('SELECT state, count(*) AS n FROM mt GROUP BY state').map((r) => [r.state, r.n]));
check('nothing is left in sending', !states.sending, JSON.stringify(states));
const known = new Map(rows("SELECT token, state FROM mt").map((r) => [r.token, r.state]));
const odd = [...taken.keys()].filter((t) => !['accepted', 'delivered', 'uncertain'].includes(known.get(t)));
check('what the provider took is accepted, delivered or uncertain', odd.length === 0, odd.map((t) => known.get(t)).join());
const claimed = [...known].filter(([t, s]) => ['accepted', 'delivered'].includes(s) && !taken.has(t));
check('what counts as accepted was taken', claimed.length === 0, String(claimed.length));
const late = begun.filter((b) => stopped.has(b.to) && b.at > stopped.get(b.to) && !/won't get any more/.test(b.text));
check('no text to a number begins after its STOP was answered', late.length === 0,
  `${late.length}: ${JSON.stringify(late.slice(0, 2))}`);
const replies = rows("SELECT cause_mo, count(*) AS n FROM mt GROUP BY cause_mo HAVING n > 1");
check('no text got two replies', replies.length === 0, JSON.stringify(replies.slice(0, 3)));
check('the last run ended by itself on SIGTERM', graceful === 0, String(graceful));
check('the run meant something', answered.size > KILLS && taken.size > KILLS / 4 && stopped.size > 3,
  `${answered.size} answered, ${taken.size} taken, ${stopped.size} stops`);
check('the store is whole', rows('PRAGMA integrity_check')[0].integrity_check === 'ok', 'integrity_check');
console.log(`seed ${SEED}: ${KILLS} kills, ${answered.size} texts answered, ${taken.size} sent, ` +
  `${stopped.size} stops, states ${JSON.stringify(states)}`);
stub.close();
stub.closeAllConnections();
if (!failures.length) rmSync(folder, { recursive: true });
else console.log(`the store is left in ${folder}; again with SEED=${SEED}`);
console.log(`${11 - failures.length} ${failures.length}`);
process.exit(failures.length ? 1 : 0);
