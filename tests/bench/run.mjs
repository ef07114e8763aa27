// The ratios of speed.md, in one run, side by side, on this machine. Rounds are interleaved and the
// median counts: absolute figures wander, ratios hold. Usage: tests/bench/run [--quick]
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, fdatasyncSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const quick = process.argv.includes('--quick');
const ROUNDS = quick ? 1 : 3;
const SECONDS = quick ? 1 : 3;
const CONTACTS = 20000;
const SECRET = '0123456789abcdef0123456789abcdef';
const DRAIN = quick ? 5000 : 20000;
const folder = 'build/bench/run';
const tools = 'build/plain/tools/bench';
const begun = Date.now();

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/secret`, `${SECRET}\n`, { mode: 0o600 });

const say = (text) => process.stderr.write(`${text}\n`);
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const freePort = () => new Promise((done) => {
  const s = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = s.address();
    s.close(() => done(port));
  });
});

async function up(port) {
  for (let i = 0; i < 200; i++) {
    const ok = await new Promise((done) => {
      const s = net.connect(port, '127.0.0.1', () => { s.end(); done(true); });
      s.on('error', () => done(false));
    });
    if (ok) return;
    await sleep(25);
  }
  throw new Error(`nothing listens on ${port}`);
}

async function start(command, args, port, env = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'ignore'], env: { ...process.env, ...env } });
  child.ended = new Promise((done) => child.once('exit', done));
  await up(port);
  return child;
}

async function stop(child) {
  child.kill('SIGTERM');
  await Promise.race([child.ended, sleep(20000).then(() => child.kill('SIGKILL'))]);
}

const cpu = (pid) => {
  const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(f[11]) + Number(f[12])) / 100;
};
const pss = (pid) => Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;

function configure(port, api, perMinute) {
  const file = `${folder}/responder.yaml`;
  writeFileSync(file, `listen: 127.0.0.1:${port}
public_url: http://127.0.0.1:${port}
store: ${folder}/store.db
practice: {name: Lakeside, phone: "+13125550199", country: US}
locations: [{name: Main, zone: America/Chicago}]
accounts: [{name: main, provider: twilio, sender: "+13125550100", user: ACbench, secret_file: secret, api_url: "${api}", per_minute: ${perMinute}}]
`);
  return file;
}

const sql = (text) => execFileSync('sqlite3', [`${folder}/store.db`], { input: text });

// So many contacts, each with a visit, a reminder sent and an open question about it.
const seed = (contacts) => `BEGIN;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${contacts - 1})
INSERT INTO patient (ext, first, last, theirs, lang, state)
SELECT 'p' || i, 'Ann', 'Lee', '+1' || (2000000000 + i), 'en', 'active' FROM n;
INSERT INTO visit (ext, patient, location, wall, at, fingerprint, state, since, remind_at)
SELECT 'v' || id, id, 1, '2037-03-10T14:20', 2120328000 + id, 'f', 'booked', 1, 2120000000 + id FROM patient;
INSERT INTO mt (token, dedupe, account, kind, class, rank, patient, visit, fingerprint, unconfirmed_only,
  zone, theirs, ours, body, segments, stop_line, made_at, due, expires, state, why, tries, node, moved_at)
SELECT lower(hex(randomblob(16))), 'd' || v.id, 'main', 'reminder', 'care', 1, p.id, v.id, 'f', 0,
  'America/Chicago', p.theirs, '+13125550100', 'Ann, see you Tue Mar 10 at 2:20 PM?', 1, 1, 1, 1, 2,
  'delivered', '', 1, '', 1 FROM visit v JOIN patient p ON p.id = v.patient;
INSERT INTO question (kind, mt, theirs, ours, patient, until, state)
SELECT 'confirm', id, theirs, ours, patient, 2120328000, 'open' FROM mt;
INSERT INTO question_option (question, n, visit, fingerprint)
SELECT q.id, 1, m.visit, 'f' FROM question q JOIN mt m ON m.id = q.mt;
COMMIT;`;

async function fresh(api = 'http://127.0.0.1:9', perMinute = 1) {
  for (const end of ['', '-wal', '-shm']) rmSync(`${folder}/store.db${end}`, { force: true });
  const port = await freePort();
  const config = configure(port, api, perMinute);
  execFileSync('build/responder', ['migrate', '--config', config], { stdio: 'ignore' });
  const once = await start('build/responder', ['serve', '--config', config], port);
  await stop(once); // puts the location in
  return { port, config };
}

const programs = {
  bare: async (port) => start(`${tools}/bare_main`, [String(port)], port),
  naive: async (port, config, env) => start('build/bench/naive', ['serve', '--config', config], port, env),
  ours: async (port, config, env) => start('build/responder', ['serve', '--config', config], port, env),
  express: async (port, config, env) => start('node', ['tests/bench/express/server.mjs', String(port), `${folder}/store.db`, SECRET], port, env),
};

// One program under one load, on a new store: rate, percentiles, CPU seconds per 1000, PSS under load.
async function measure(name, connections, env) {
  const { port, config } = await fresh();
  sql(seed(CONTACTS));
  const child = await programs[name](port, config, env);
  const idle = pss(child.pid);
  const before = cpu(child.pid);
  const load = spawn(`${tools}/load_main`, [port, connections, SECONDS, SECRET, CONTACTS].map(String));
  let out = '';
  load.stdout.on('data', (d) => { out += d; });
  const loaded = new Promise((done) => load.once('close', done));
  await sleep(SECONDS * 900);
  const under = pss(child.pid);
  await loaded;
  const r = JSON.parse(out);
  const used = cpu(child.pid) - before;
  await stop(child);
  if (r.failures) throw new Error(`${name}: ${r.failures} answers were not 2xx`);
  if (name !== 'bare') {
    const kept = Number(sql('SELECT count(*) FROM mo;').toString());
    if (kept < r.answers) throw new Error(`${name}: answered ${r.answers}, kept ${kept}`);
    r.replies = Number(sql("SELECT count(*) FROM mt WHERE kind <> 'reminder';").toString()) / kept;
  }
  return { ...r, cpu: (used / r.answers) * 1000, pss: under, idle };
}

async function rounds(names, connections, env = {}) {
  const all = Object.fromEntries(names.map((n) => [n, []]));
  for (let i = 0; i < ROUNDS; i++)
    for (const n of names) all[n].push(await measure(n, connections, env));
  const result = {};
  for (const n of names) {
    const of = (key) => median(all[n].map((r) => r[key] ?? 0));
    result[n] = Object.fromEntries(['rate', 'p50', 'p99', 'cpu', 'pss', 'idle', 'replies'].map((k) => [k, of(k)]));
    const rates = all[n].map((r) => r.rate);
    result[n].range = [Math.min(...rates), Math.max(...rates)];
  }
  return result;
}

const f = (x, digits) => x.toFixed(digits);
function table(title, result) {
  console.log(`\n${title}`);
  console.log('            req/s  [range]            p50 ms   p99 ms  CPU s/1000  PSS MiB  replies');
  for (const [name, r] of Object.entries(result))
    console.log(`  ${name.padEnd(8)} ${f(r.rate, 0).padStart(7)}  ${`[${f(r.range[0], 0)}-${f(r.range[1], 0)}]`.padEnd(17)} ${f(r.p50, 2).padStart(7)} ${f(r.p99, 2).padStart(8)} ${f(r.cpu, 3).padStart(11)} ${f(r.pss, 1).padStart(8)} ${r.replies ? `${f(r.replies * 100, 0)}%` : '-'}`.padEnd(80));
}

// Messages queued for one account leave through the stub: rows claimed, sent, settled, all durable.
async function drain() {
  const port = await freePort();
  const stub = await start(`${tools}/stub_main`, [String(port)], port);
  const { port: web, config } = await fresh(`http://127.0.0.1:${port}`, 6000000);
  sql(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${DRAIN})
INSERT INTO mt (token, dedupe, account, kind, class, rank, unconfirmed_only, zone, theirs, ours, body,
  segments, stop_line, made_at, due, expires, state, why, tries, node, moved_at)
SELECT lower(hex(randomblob(16))), 'd' || i, 'main', 'reply', 'care', 0, 0, 'UTC', '+1' || (2000000000 + i),
  '+13125550100', 'Ada, see you Tue Mar 10 at 2:20 PM?', 1, 0, 1, 1, 4000000000, 'queued', '', 0, '', 1 FROM n;`);
  const child = await start('build/responder', ['serve', '--config', config], web);
  let seen;
  do {
    await sleep(100);
    seen = await (await fetch(`http://127.0.0.1:${port}/`)).json();
  } while (seen.taken < DRAIN);
  await stop(child);
  await stop(stub);
  if (seen.taken !== DRAIN) throw new Error(`the stub took ${seen.taken} of ${DRAIN}`);
  const left = Number(sql("SELECT count(*) FROM mt WHERE state <> 'accepted';").toString());
  if (left) throw new Error(`${left} texts are not settled`);
  return (DRAIN / seen.ms) * 1000;
}

async function post() {
  const port = await freePort();
  const stub = await start(`${tools}/stub_main`, [String(port)], port);
  const out = execFileSync(`${tools}/post_main`, [String(port), '8', String(DRAIN)]);
  await stop(stub);
  return JSON.parse(out).rate;
}

// A tick when nothing is due must not depend on how much is stored.
async function tick(contacts) {
  const { config } = await fresh();
  sql(seed(contacts));
  return JSON.parse(execFileSync(`${tools}/tick_main`, [config])).p50;
}

// What a durable write costs here: it bounds whoever commits one message at a time.
function syncMs() {
  const fd = openSync(`${folder}/sync`, 'w');
  const page = Buffer.alloc(4096);
  const took = [];
  for (let i = 0; i < 500; i++) {
    const from = process.hrtime.bigint();
    writeSync(fd, page, 0, page.length, (i % 100) * 4096);
    fdatasyncSync(fd);
    took.push(Number(process.hrtime.bigint() - from) / 1e6);
  }
  closeSync(fd);
  return median(took);
}

const targets = [];
const target = (what, got, want, ok, digits = 2) => targets.push({ what, got: f(got, digits), want, ok });
const atLeast = (what, got, want) => target(what, got, `>= ${want}`, got >= want);
const atMost = (what, got, want, digits) => target(what, got, `<= ${want}`, got <= want, digits);

const sync = syncMs();
console.log(`Here a 4 KiB write with fdatasync takes ${sync.toFixed(2)} ms, so one connection gets ${Math.round(1000 / sync)} durable answers/s at most.`);

const wants = { 64: [0.2, 5, 10], 16: [0.14, 3.5, 7], 1: [0.22, 0.95, 1.4] };
for (const c of [64, 16, 1]) {
  say(`${c} connections, ${ROUNDS} rounds of ${SECONDS} s each ...`);
  const r = await rounds(['bare', 'naive', 'ours', 'express'], c);
  table(`${c} connections`, r);
  const [bare, naive, express] = wants[c];
  atLeast(`ours / bare libmicrohttpd, ${c} connections`, r.ours.rate / r.bare.rate, bare);
  atLeast(`ours / a commit per request, ${c} connections`, r.ours.rate / r.naive.rate, naive);
  atLeast(`ours / Express, ${c} connections`, r.ours.rate / r.express.rate, express);
  if (c === 64) {
    atMost('p99 of ours / Express, 64 connections', r.ours.p99 / r.express.p99, 0.03, 3);
    atMost('p99 of ours, ms, 64 connections', r.ours.p99, 12);
    atMost('CPU per message of ours / Express, 64 connections', r.ours.cpu / r.express.cpu, 0.2);
    atMost('PSS of ours under load, MiB', r.ours.pss, 40, 1);
    atMost('PSS of ours under load / Express', r.ours.pss / r.express.pss, 0.45);
    atMost('PSS of ours idle, MiB', r.ours.idle, 20, 1);
  }
}
say('each sync 1 ms slower, 64 connections ...');
const slow = await rounds(['naive', 'ours'], 64, { LD_PRELOAD: `${process.cwd()}/build/bench/slowsync.so`, SLOWSYNC_US: '1000' });
table('64 connections, each sync 1 ms slower', slow);
atLeast('ours / a commit per request, sync + 1 ms, 64 connections', slow.ours.rate / slow.naive.rate, 15);

say('outbox ...');
const drains = [];
const posts = [];
for (let i = 0; i < ROUNDS; i++) {
  posts.push(await post());
  drains.push(await drain());
}
console.log(`\nout: durable outbox ${f(median(drains), 0)} messages/s, bare libcurl (8 parallel) ${f(median(posts), 0)}`);
atLeast('durable outbox / bare libcurl', median(drains) / median(posts), 0.65);

say('ticks ...');
const [few, many] = quick ? [10000, 100000] : [100000, 1000000];
const ticks = [await tick(few), await tick(many)];
console.log(`\na tick with nothing due: ${f(ticks[0], 0)} us with ${few} visits and texts, ${f(ticks[1], 0)} us with ${many}`);
atMost('tick, ten times as many rows', ticks[1] / ticks[0], 2);
atMost('tick, ms', ticks[1] / 1000, 0.1);

console.log('\nTargets (speed.md)');
for (const t of targets) console.log(`  ${t.ok ? 'reached' : 'MISSED '}  ${t.what}: ${t.got} (${t.want})`);
console.log(`\n${targets.filter((t) => t.ok).length} of ${targets.length} reached, in ${Math.round((Date.now() - begun) / 1000)} s`);
