/* What twilio.c builds (printed by build_main.c, carried here by plain node:http) against the
 * strict stub; what the stub answers, read by twilio.c again; Twilio's own SDK against the same
 * stub, so that its strictness is not an invention; and the stub's own behaviour, which other tests
 * lean on. */
import { test, before, after, beforeEach } from "node:test";
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createServer, request } from "node:http";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { tmpdir } from "node:os";
import { join } from "node:path";
import twilio from "twilio";
import RequestClient from "twilio/lib/base/RequestClient.js";
import { startStub, DEFAULTS, MAGIC } from "./stub.mjs";

const path = (name) => new URL(`../../build/tests/provider/${name}`, import.meta.url).pathname;
const BUILD = process.env.BUILD_MAIN ?? path("build_main");
const VERIFY = process.env.VERIFY_MAIN ?? path("verify_main");
const { account: AC, token: TOKEN, keys, service: MG } = DEFAULTS;
const [[SK, KEY]] = Object.entries(keys);
const TO = "+13125550123",
	FROM = DEFAULTS.from[0];

let stub,
	web,
	builder,
	lines,
	folder,
	hits = [];

before(async () => {
	folder = mkdtempSync(join(tmpdir(), "stub-"));
	stub = await startStub({ ledger: join(folder, "ledger") });
	web = createServer(async (req, res) => {
		// stands in for our status webhook
		const parts = [];
		for await (const d of req) parts.push(d);
		hits.push({
			path: req.url,
			headers: req.headers,
			body: Buffer.concat(parts).toString(),
		});
		res.end();
	});
	await new Promise((done) => web.listen(0, "127.0.0.1", done));
	builder = spawn(BUILD, { stdio: ["pipe", "pipe", "inherit"] });
	lines = createInterface({ input: builder.stdout })[Symbol.asyncIterator]();
});

after(async () => {
	builder.stdin.end();
	await stub.close();
	web.closeAllConnections();
	web.close();
	rmSync(folder, { recursive: true });
});

beforeEach(async () => {
	await stub.idle();
	stub.plan({ reset: true });
	stub.ledger.length = 0;
	hits = [];
});

const webUrl = () => `http://127.0.0.1:${web.address().port}`;
let token = 0;
const callback = () => `${webUrl()}/dlr/main/${String(++token).padStart(32, "0")}`;

async function ours(value) {
	builder.stdin.write(JSON.stringify(value) + "\n");
	return JSON.parse((await lines.next()).value);
}

const build = (mt = {}, account = {}) =>
	ours({
		build: {
			to: TO,
			from: FROM,
			text: "See you at 2 & 3, ok?",
			validity: 3600,
			callback: callback(),
			...mt,
			account: { user: AC, secret: TOKEN, api_url: stub.url, ...account },
		},
	});

/* The call as it stands; resolves to what net/client.c would hand to read(). */
function carry(call, wait = 400) {
	return new Promise((done) => {
		const unknown = () => done({ fate: "unknown" });
		const headers = { ...call.headers, "Content-Length": Buffer.byteLength(call.body) };
		const req = request(
			call.url,
			{
				method: call.method,
				auth: `${call.user}:${call.password}`,
				headers,
				agent: false,
			},
			(res) => {
				const parts = [];
				res.on("data", (d) => parts.push(d));
				res.on("error", unknown);
				res.on("end", () =>
					done({
						fate: "answered",
						status: res.statusCode,
						retry_after: Number(
							res.headers["retry-after"] ?? 0,
						),
						body: Buffer.concat(parts).toString(),
					}),
				);
			},
		);
		setTimeout(() => req.destroy(), wait).unref();
		req.on("error", unknown);
		req.end(call.body);
	});
}

const send = async (mt, account) => ours({ read: await carry(await build(mt, account)) });

test("what we build is taken as it stands", async () => {
	const texts = [
		"x",
		"Sí, mañana a las 3 — “ok”? 😀",
		"a+b & c=d %41\r\n100%",
		"x".repeat(1600),
		"😀".repeat(800),
	];
	for (const text of texts) {
		const o = await send({ text });
		assert.equal(o.kind, "accepted", JSON.stringify(stub.ledger.at(-1)));
		assert.match(o.ref, /^SM[0-9a-f]{32}$/);
		assert.equal(stub.ledger.findLast((e) => e.fields).fields.Body, text);
	}
	for (const validity of [-1, 0, 1, 36000, 1e9])
		assert.equal((await send({ validity })).kind, "accepted");
	assert.equal((await send({}, { key_user: SK, key: KEY })).kind, "accepted");
	assert.equal((await send({}, { service: MG })).kind, "accepted");
	const { fields } = stub.ledger.findLast((e) => e.fields);
	assert.equal(fields.MessagingServiceSid, MG);
	assert.equal(fields.From, undefined);
});

test("Twilio's SDK is taken too", async () => {
	class ToStub extends RequestClient {
		request(opts) {
			return super.request({
				...opts,
				uri: opts.uri.replace("https://api.twilio.com", stub.url),
			});
		}
	}
	const httpClient = new ToStub();
	const message = {
		to: TO,
		body: "Sí & 😀 + more",
		statusCallback: callback(),
		validityPeriod: 600,
	};
	for (const client of [
		twilio(AC, TOKEN, { httpClient }),
		twilio(SK, KEY, { accountSid: AC, httpClient }),
	]) {
		const sent = await client.messages.create({ ...message, from: FROM });
		assert.match(sent.sid, /^SM[0-9a-f]{32}$/);
		assert.equal(sent.body, message.body);
		assert.equal(sent.status, "queued");
	}
	const client = twilio(AC, TOKEN, { httpClient });
	assert.equal(
		(await client.messages.create({ ...message, messagingServiceSid: MG })).status,
		"accepted",
	);
	await assert.rejects(
		client.messages.create({ ...message, from: FROM, to: "+15005550004" }),
		{ code: 21610, status: 400 },
	);
	await assert.rejects(
		client.messages.create({ ...message, from: FROM, smartEncoded: true }),
		{ code: 21699 },
	);
	await assert.rejects(
		twilio(AC, "wrong", { httpClient }).messages.create({ ...message, from: FROM }),
		{ code: 20003, status: 401 },
	);
});

test("the stub refuses what Twilio's description lets pass", async () => {
	const good = await build();
	const with_ = (name, value) => ({
		...good,
		body: good.body
			.split("&")
			.map((p) => (p.startsWith(name + "=") ? `${name}=${value}` : p))
			.join("&"),
	});
	const without = (name) => ({
		...good,
		body: good.body
			.split("&")
			.filter((p) => !p.startsWith(name + "="))
			.join("&"),
	});
	const cases = [
		[good, 201], // proves the others to differ in just that
		[{ ...good, body: good.body + "&Boddy=x" }, 21699],
		[{ ...good, body: good.body + "&SmartEncoded=true" }, 21699],
		[{ ...good, body: good.body + "&To=" + encodeURIComponent(TO) }, 21699],
		[{ ...good, body: good.body + "&" }, 21699],
		[{ ...good, body: good.body + "&__proto__=1" }, 21699],
		[{ ...good, body: good.body.replace("To=", "to=") }, 21699],
		[with_("Body", "%zz"), 21699],
		[with_("Body", "%ff"), 21699],
		[with_("Body", ""), 21602],
		[with_("Body", "x".repeat(1601)), 21617],
		[without("Body"), 21602],
		[with_("To", "13125550123"), 21211],
		[with_("To", "%2B03125550123"), 21211],
		[with_("To", "+13125550123"), 21211], // an unencoded plus is a blank
		[without("To"), 21604],
		[with_("To", encodeURIComponent(FROM)), 21266],
		[with_("From", "%2B13125550199"), 21606],
		[without("From"), 21603],
		[{ ...good, body: good.body + `&MessagingServiceSid=${MG}` }, 21603],
		[
			{
				...without("From"),
				body: without("From").body + "&MessagingServiceSid=MG0",
			},
			21705,
		],
		[with_("ValidityPeriod", "0"), 21699],
		[with_("ValidityPeriod", "36001"), 21699],
		[with_("ValidityPeriod", "1.5"), 21699],
		[without("ValidityPeriod"), 21699],
		[without("StatusCallback"), 21609],
		[with_("StatusCallback", "sms.example.org"), 21609],
		[{ ...good, headers: { "Content-Type": "application/json" } }, 20415],
		[{ ...good, headers: {} }, 20415],
		[{ ...good, password: "wrong" }, 20003],
		[{ ...good, password: "" }, 20003],
		[{ ...good, user: SK }, 20003],
		[{ ...good, user: "__proto__" }, 20003],
		[{ ...good, url: good.url.replace(".json", "") }, 20404],
		[{ ...good, url: good.url.replace(AC, "AC" + "0".repeat(32)) }, 20404],
		[{ ...good, url: good.url + "?x=1" }, 20404],
		[{ ...good, url: good.url.replace("/2010", "//2010") }, 20404],
		[{ ...good, method: "PUT" }, 20004],
	];
	for (const [call, code] of cases) {
		const { status, body } = await carry(call);
		assert.equal(
			status === 201 ? 201 : JSON.parse(body).code,
			code,
			JSON.stringify(call),
		);
	}
	assert.equal(stub.ledger.filter((e) => e.accepted).length, 1);
});

test("each thing that can go wrong is read as what it is", async () => {
	const expected = {
		"+15005550001": ["refused", "21211"],
		"+15005550002": ["refused", "21612"],
		"+15005550003": ["halt", "21408"],
		"+15005550004": ["opted-out", "21610"],
		"+15005550009": ["refused", "21614"],
		"+15005551001": ["uncertain", null],
		"+15005551002": ["uncertain", null],
		"+15005551003": ["uncertain", null],
		"+15005551004": ["uncertain", null],
		"+15005551005": ["uncertain", null],
		"+15005551006": ["uncertain", null],
		"+15005551007": ["uncertain", null],
		"+15005551008": ["uncertain", null],
		"+15005551307": ["uncertain", "HTTP 307"],
		"+15005551401": ["halt", "20003"],
		"+15005551429": ["later", "20429"],
		"+15005551500": ["uncertain", "20500"],
		"+15005551501": ["uncertain", "HTTP 500"],
		"+15005551503": ["uncertain", "HTTP 503"],
		"+15005551504": ["later", "20503"],
	};
	assert.deepEqual(Object.keys(expected).sort(), Object.keys(MAGIC).sort());
	for (const [to, [kind, code]] of Object.entries(expected)) {
		const o = await send({ to });
		assert.deepEqual([o.kind, o.code, o.ref], [kind, code, null], to);
		assert.equal(o.retry, to === "+15005551429" ? 2 : 0);
		/* What matters most: what the stub has taken is never read as safe to repeat. */
		const { accepted } = stub.ledger.findLast((e) => e.fields);
		assert.ok(!accepted || o.kind === "uncertain", to);
	}
	assert.equal((await ours({ read: { fate: "not-sent" } })).kind, "later");
});

test("plans: one after the other, shares, and back", async () => {
	stub.plan({ next: ["503", { do: "refuse", code: 30007 }, { do: "429", retry_after: 9 }] });
	assert.equal((await send()).kind, "uncertain");
	assert.deepEqual((({ kind, code }) => ({ kind, code }))(await send()), {
		kind: "refused",
		code: "30007",
	});
	assert.equal((await send()).retry, 9);
	assert.equal((await send()).kind, "accepted");
	stub.plan({ always: "503-code" });
	assert.equal((await send()).kind, "later");
	const round = async () => {
		stub.plan({
			reset: true,
			callbacks: "none",
			mix: { 429: 0.3, "drop-after": 0.3 },
			seed: 5,
		});
		const outcomes = [];
		for (let i = 0; i < 40; i++) outcomes.push((await send()).kind);
		return outcomes;
	};
	const first = await round();
	assert.deepEqual(first, await round());
	assert.deepEqual([...new Set(first)].sort(), ["accepted", "later", "uncertain"]);
	assert.throws(() => stub.plan({ always: "explode" }));
	assert.throws(() => stub.plan({ alwyas: "accept" }));
});

const statuses = () => hits.map((h) => new URLSearchParams(h.body).get("MessageStatus"));

test("callbacks in order, early, doubled and shuffled, all to our verifier's liking", async () => {
	const orders = {
		order: ["queued", "sent", "delivered"],
		early: ["queued", "sent", "delivered"],
		double: ["queued", "queued", "sent", "sent", "delivered", "delivered"],
		shuffle: ["delivered", "queued", "sent"],
		none: [],
	};
	for (const [callbacks, expected] of Object.entries(orders)) {
		hits = [];
		stub.plan({ reset: true, callbacks });
		const call = await build();
		const answer = await carry(call);
		if (callbacks === "early") assert.deepEqual(statuses(), expected);
		await stub.idle();
		assert.deepEqual(statuses(), expected);
		const url = new URLSearchParams(call.body).get("StatusCallback");
		for (const h of hits) {
			assert.equal(webUrl() + h.path, url);
			assert.equal(
				new URLSearchParams(h.body).get("MessageSid"),
				JSON.parse(answer.body).sid,
			);
		}
		const cases = hits.map((h) => ({
			secret: TOKEN,
			url,
			type: h.headers["content-type"],
			signature: h.headers["x-twilio-signature"],
			body: h.body,
		}));
		const input = cases.map((c) => JSON.stringify(c) + "\n").join("");
		const ok = spawnSync(VERIFY, { input, encoding: "utf8" }).stdout;
		assert.equal(ok, "ok\n".repeat(expected.length));
	}
	stub.plan({ reset: true, final: "undelivered", error_code: 30005 });
	hits = [];
	await send();
	await stub.idle();
	assert.deepEqual(
		hits.map((h) => new URLSearchParams(h.body).get("ErrorCode")),
		[null, null, "30005"],
	);
});

test("a message that is not accepted has no callbacks; one whose answer is lost has", async () => {
	for (const to of ["+15005551429", "+15005551500", "+15005551001", "+15005550001"])
		await send({ to });
	await stub.idle();
	assert.equal(hits.length, 0);
	await send({ to: "+15005551002" });
	await stub.idle();
	assert.equal(hits.length, 3);
});

test("the ledger is on disk before the answer, and names doubles", async () => {
	const call = await build();
	await carry(call);
	await send();
	const onDisk = readFileSync(join(folder, "ledger"), "utf8")
		.trim()
		.split("\n")
		.map((l) => JSON.parse(l));
	assert.equal(onDisk.findLast((e) => e.fields).outcome, "accept");
	assert.deepEqual(stub.doubles(), []);
	await carry(call);
	assert.deepEqual(stub.doubles(), [new URLSearchParams(call.body).get("StatusCallback")]);
	const sids = stub.ledger.filter((e) => e.accepted).map((e) => e.sid);
	assert.equal(new Set(sids).size, sids.length);
});

test("texts to us are signed; the command line and the control addresses work", async (t) => {
	const connect = webUrl(),
		url = "https://sms.example.org/in/main?x=%20";
	const args = ["stub.mjs", "--connect", connect, "--plan", '{"callbacks":"none"}'];
	const child = spawn(process.execPath, [...args, "--key", "SK9:s:e"], {
		cwd: new URL(".", import.meta.url),
		stdio: ["ignore", "pipe", "inherit"],
	});
	t.after(() => child.kill());
	const base = (
		await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
	).value.split(" ")[1];
	const post = async (where, value) =>
		(await fetch(base + where, { method: "POST", body: JSON.stringify(value) })).json();
	const { sid, http } = await post("/stub/inbound", {
		url,
		from: TO,
		body: "yes pls",
		more: { OptOutType: "STOP" },
	});
	assert.equal(http, 200);
	const [h] = hits;
	assert.equal(h.path, "/in/main?x=%20");
	const form = new URLSearchParams(h.body);
	assert.deepEqual(
		[form.get("MessageSid"), form.get("Body"), form.get("OptOutType")],
		[sid, "yes pls", "STOP"],
	);
	assert.ok(
		twilio.validateRequest(
			TOKEN,
			h.headers["x-twilio-signature"],
			url,
			Object.fromEntries(form),
		),
	);
	assert.ok((await post("/stub/plan", { always: "explode" })).why);
	assert.equal((await post("/stub/plan", { always: "503" })).always, "503");
	const call = await build({}, { api_url: base, key_user: "SK9", key: "s:e" });
	assert.equal((await carry(call)).status, 503);
	const ledger = await (await fetch(base + "/stub/ledger")).json();
	assert.deepEqual(
		ledger.map((e) => e.outcome),
		["503"],
	);
	assert.deepEqual(await (await fetch(base + "/stub/doubles")).json(), []);
	const ended = new Promise((done) => child.on("exit", done));
	child.kill();
	assert.equal(await ended, 0);
});
