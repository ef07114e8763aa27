// The demo, as a newcomer meets it: told in their words, in a real browser, against the real program.
import assert from 'node:assert/strict';
import { spawn, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const ROOT = new URL('../../', import.meta.url).pathname;
const SHOTS = join(ROOT, 'build/screenshots');
const folder = mkdtempSync(join(tmpdir(), 'browser-'));
const store = join(folder, 'demo.db');
let program, browser, home, phones;

const freePort = () => new Promise((done) => {
  const s = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = s.address();
    s.close(() => done(port));
  });
});

const sql = (text) => JSON.parse(execFileSync('sqlite3', ['-json', '-cmd', '.timeout 3000', store, text]).toString() || '[]');

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  const port = await freePort();
  home = `http://127.0.0.1:${port}`;
  program = spawn(join(ROOT, 'build/responder'), ['demo', '--port', String(port), '--store', store],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((done) => program.stdout.on('data', (d) => String(d).includes('/phone') && done()));
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage',
    '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'] });
  // Numbers with one patient who was just asked about one visit.
  for (let i = 0; i < 40 && (phones?.length ?? 0) < 6; i++) {
    await new Promise((done) => setTimeout(done, 250));
    phones = sql(`SELECT m.theirs, p.first, v.id AS visit FROM mt m JOIN patient p ON p.id = m.patient
      JOIN visit v ON v.id = m.visit
      WHERE m.state = 'delivered' AND p.lang = 'en' AND v.state = 'booked' AND m.unconfirmed_only = 1
      AND (SELECT count(*) FROM patient o WHERE o.theirs = m.theirs) = 1
      AND (SELECT count(*) FROM mt o WHERE o.theirs = m.theirs) = 1 ORDER BY m.id`);
  }
  assert.ok(phones.length >= 6, 'reminders arrive within seconds of the first start');
});

after(async () => {
  await browser?.close();
  program?.kill('SIGINT');
  const code = await new Promise((done) => program.once('exit', done));
  rmSync(folder, { recursive: true });
  assert.equal(code, 0, 'Ctrl-C stops cleanly');
});

const open = async (phone, options = {}) => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  page.on('pageerror', (e) => assert.fail(`the page threw ${e}`));
  page.on('console', (m) => m.type() === 'error' && /Content Security|Refused/.test(m.text()) && assert.fail(m.text()));
  await page.goto(`${home}/phone/${phone.theirs.slice(1)}`);
  return page;
};
const say = async (page, text) => {
  await page.getByLabel('Your answer').fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
};
const state = (phone) => sql(`SELECT state FROM visit WHERE id = ${phone.visit}`)[0].state;
const sentTo = (phone) => sql(`SELECT count(*) AS n FROM mt WHERE theirs = '${phone.theirs}'
  AND state IN ('sending', 'accepted', 'delivered', 'undelivered', 'uncertain')`)[0].n;

test('a reminder is there; I answer in my own words; the confirmation comes by itself', async () => {
  const page = await open(phones[0]);
  await page.getByText('Reply C to confirm').waitFor();
  await say(page, 'yes pls');
  await page.getByText("Thank you, you're confirmed for").waitFor({ timeout: 8000 });
  await page.locator('.visit .confirmed').first().waitFor();
  assert.equal(state(phones[0]), 'confirmed');
  await page.screenshot({ path: join(SHOTS, 'phone-confirmed.png'), fullPage: true });
  await page.close();
});

test('the carrier delivers my text twice: it counts once', async () => {
  const page = await open(phones[1]);
  await page.getByLabel('Your answer').fill('C');
  await page.getByRole('button', { name: 'Deliver twice' }).click();
  await page.getByText("Thank you, you're confirmed for").waitFor({ timeout: 8000 });
  await new Promise((done) => setTimeout(done, 1500));
  assert.equal(sql(`SELECT count(*) AS n FROM mo WHERE theirs = '${phones[1].theirs}'`)[0].n, 1);
  assert.equal(sentTo(phones[1]), 2);
  await page.close();
});

test('I say STOP: one confirmation, and nothing ever again', async () => {
  const page = await open(phones[2]);
  await say(page, 'STOP');
  await page.getByText("you won't get any more texts").waitFor({ timeout: 8000 });
  const count = sentTo(phones[2]);
  await say(page, 'hello?');
  for (let i = 0; i < 3; i++) {
    await page.getByRole('button', { name: 'Clock: an hour on' }).click();
    await new Promise((done) => setTimeout(done, 700));
  }
  assert.equal(sentTo(phones[2]), count);
  await page.screenshot({ path: join(SHOTS, 'phone-stopped.png'), fullPage: true });
  await page.close();
});

test('I write BOOK and take the second time', async () => {
  const page = await open(phones[3]);
  await say(page, 'BOOK');
  await page.getByText('We have these times: 1)').waitFor({ timeout: 8000 });
  await say(page, '2');
  await page.getByText("You're booked for").waitFor({ timeout: 8000 });
  assert.equal(sql("SELECT count(*) AS n FROM slot WHERE state = 'taken'")[0].n, 1);
  await page.close();
});

test('the carrier is down: the text waits, and arrives once when it is up', async () => {
  const page = await open(phones[4]);
  await say(page, 'help');
  await page.getByText('texts about your visits').waitFor({ timeout: 8000 });
  await page.getByRole('button', { name: 'Take the carrier down' }).click();
  await page.getByText('The carrier is down').waitFor();
  await page.getByRole('button', { name: 'Clock: to tomorrow 9:00' }).click();
  await page.waitForTimeout(2500);
  const waiting = sql("SELECT count(*) AS n FROM mt WHERE state = 'queued'")[0].n;
  assert.ok(waiting > 0, 'texts wait');
  await page.getByRole('button', { name: 'Bring the carrier up' }).click();
  await page.getByRole('button', { name: 'Clock: an hour on' }).click();
  for (let i = 0; i < 160 && sql("SELECT count(*) AS n FROM mt WHERE state = 'queued' AND due < 32503680000 AND tries > 0")[0].n; i++)
    await page.waitForTimeout(250);
  assert.equal(sql("SELECT count(*) AS n FROM mt WHERE state = 'queued' AND tries > 0")[0].n, 0, 'nothing waits any more');
  assert.equal(sql("SELECT count(*) AS n FROM mt WHERE state = 'uncertain'")[0].n, 0, 'nothing is uncertain');
  await page.close();
});

test('without JavaScript: the same by reload', async () => {
  const page = await open(phones[5], { javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
  await say(page, 'Yes, see you then');
  for (let i = 0; i < 20 && !(await page.getByText("Thank you, you're confirmed for").count()); i++) {
    await page.waitForTimeout(400);
    await page.reload();
  }
  assert.equal(state(phones[5]), 'confirmed');
  await page.screenshot({ path: join(SHOTS, 'phone-small.png'), fullPage: true });
  await page.close();
});

test('nothing sticks out at 360 pixels', async () => {
  const page = await open(phones[0], { viewport: { width: 360, height: 740 } });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 360, `the page is ${wide} wide`);
  await page.close();
});

test('what a patient types stays text', async () => {
  const page = await open(phones[0]);
  await say(page, '<img src=x onerror=alert(1)> {{BODY}} & "quotes"');
  await page.getByText('<img src=x onerror=alert(1)> {{BODY}} & "quotes"').first().waitFor();
  assert.equal(await page.locator('.texts img').count(), 0);
  await page.close();
});

test('a form from another site is refused', async () => {
  for (const headers of [{}, { origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site', origin: home }]) {
    const r = await fetch(`${home}/phone/clock`, { method: 'POST', redirect: 'manual', body: 'clock=hour',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } });
    assert.equal(r.status, 403);
  }
});

for (const colorScheme of ['light', 'dark'])
  for (const width of [360, 1280])
    test(`axe finds nothing: ${colorScheme}, ${width} wide`, async () => {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
      const page = await context.newPage();
      for (const path of ['/phone', `/phone/${phones[0].theirs.slice(1)}`]) {
        await page.goto(home + path);
        const found = await new AxeBuilder({ page }).analyze();
        assert.deepEqual(found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).slice(0, 2)}`), []);
      }
      await page.screenshot({ path: join(SHOTS, `phone-${colorScheme}-${width}.png`), fullPage: true });
      await context.close();
    });
