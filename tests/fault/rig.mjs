// What the fault tests share: the program under test on a store of its own, a signed client, and a
// stub of the provider on 127.0.0.1.
import { execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const OURS = '+13125550100';
export const SID = 'AC0123456789abcdef0123456789abcdef';
const ROOT = new URL('../../', import.meta.url).pathname;
const TOKEN = 'a-secret-of-the-test';

// The same seed gives the same run, as far as the machine lets it.
export function dice(seed) {
  let state = seed >>> 0;
  const random = () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32);
  return { random, pick: (list) => list[Math.floor(random() * list.length)] };
}

const freePort = () => new Promise((done) => {
  const s = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = s.address();
    s.close(() => done(port));
  });
});

// A provider: calls take(form, res) for each text that it is asked to send.
export async function provider(take) {
  const server = http.createServer((req, res) => {
    let body = '';
    req.on('data', (d) => (body += d));
    req.on('end', () => take(new URLSearchParams(body), res));
  }).listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  return server;
}

export class Program {
  static async on(stub, name) {
    const p = new Program();
    p.folder = mkdtempSync(join(tmpdir(), `${name}-`));
    p.store = join(p.folder, 'store.db');
    p.config = join(p.folder, 'responder.yaml');
    p.port = await freePort();
    p.url = `http://127.0.0.1:${p.port}`;
    p.tap = join(p.folder, 'tap.so');
    execFileSync('gcc', ['-O2', '-Wall', '-Werror', '-shared', '-fPIC', '-o', p.tap, join(ROOT, 'tests/fault/tap.c')]);
    p.agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
    writeFileSync(join(p.folder, 'secret'), `${TOKEN}\n`, { mode: 0o600 });
    writeFileSync(p.config, `
listen: 127.0.0.1:${p.port}
public_url: ${p.url}
store: ${p.store}
practice: {name: Lakeside, phone: "+13125550199", country: US}
locations: [{name: Main, zone: America/Chicago}]
accounts:
  - name: main
    provider: twilio
    sender: "${OURS}"
    user: ${SID}
    secret_file: secret
    api_url: http://127.0.0.1:${stub.address().port}
    per_minute: 60000
`);
    return p;
  }

  run(...args) {
    return execFileSync(join(ROOT, 'build/responder'), [...args, '--config', this.config], { stdio: ['ignore', 'pipe', 'ignore'] });
  }

  start(env = {}) {
    this.child = spawn(join(ROOT, 'build/responder'), ['serve', '--config', this.config],
      { stdio: ['ignore', 'ignore', process.env.NOISY ? 'inherit' : 'ignore'], 
        env: { ...process.env, LD_PRELOAD: this.tap, TAP: `${this.tap}.log`, ...env } });
    this.exited = new Promise((done) => this.child.once('exit', done));
    return this.ready();
  }

  async ready() {
    for (let i = 0; i < 200; i++) {
      const status = await new Promise((done) => {
        const req = http.get(`${this.url}/readyz`, (res) => { res.resume(); done(res.statusCode); });
        req.on('error', () => done(0));
      });
      if (status === 200) return true;
      await sleep(10);
    }
    return false;
  }

  // Posts a form signed as Twilio signs it; the status, 0 when there was no answer.
  post(path, fields) {
    const body = new URLSearchParams(fields).toString();
    const data = this.url + path + Object.keys(fields).sort().map((k) => k + fields[k]).join('');
    const signature = createHmac('sha1', TOKEN).update(data, 'utf8').digest('base64');
    return new Promise((done) => {
      const req = http.request(this.url + path, {
        agent: this.agent, method: 'POST', timeout: 3000,
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature,
          'content-length': Buffer.byteLength(body) },
      }, (res) => { res.resume(); res.on('end', () => done(res.statusCode)); });
      req.on('error', () => done(0));
      req.on('timeout', () => req.destroy());
      req.end(body);
    });
  }

  text(ref, from, body) {
    return this.post('/in/main', { MessageSid: ref, AccountSid: SID, From: from, To: OURS, Body: body, NumMedia: '0' });
  }

  // What began to leave, when (on performance.now()'s clock), to whom, and whether it confirms a stop.
  begun() {
    return readFileSync(`${this.tap}.log`, 'utf8').trim().split('\n').map((line) => line.split(' '))
      .map(([ms, to, kind]) => ({ at: Number(ms) - performance.timeOrigin, to, confirms: kind === 'stop' }));
  }

  sql(text) {
    return execFileSync('sqlite3', [this.store], { input: text }).toString();
  }

  rows(text) {
    return JSON.parse(execFileSync('sqlite3', ['-json', this.store, text], { maxBuffer: 1 << 28 }).toString() || '[]');
  }
}

// Checks in cmocka's words; end() prints the counts that scripts/test reads.
export class Checks {
  failures = 0;

  passes = 0;

  check(name, ok, detail = '') {
    console.log(`[${ok ? '       OK ' : '  FAILED  '}] ${name}${ok ? '' : `: ${detail}`}`);
    if (ok) this.passes++;
    else this.failures++;
  }

  end() {
    console.log(`${this.passes} ${this.failures}`);
    process.exit(this.failures ? 1 : 0);
  }
}
