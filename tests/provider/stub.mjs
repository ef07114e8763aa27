/* A stub of Twilio's Messages API on 127.0.0.1, stricter than Twilio's own description: whatever
 * our program does not mean to send (unknown, misspelt, doubled or missing fields, another content
 * type, a body without a length) is refused: strict.mjs. For adapter, kill, fault and end-to-end
 * tests.
 *
 * In a Node test:
 *     import { startStub } from ".../tests/provider/stub.mjs";
 *     const stub = await startStub({ ledger: "/tmp/x/ledger" });       // all options: see DEFAULTS
 *     stub.url        put it into the account's api_url
 *     stub.plan({…})  what to do with requests to come, see below
 *     stub.ledger     array of all entries
 *     stub.doubles()  status callbacks whose text was accepted more than once (must be none)
 *     stub.inbound({url, from, to, body, …})  sends a signed text to a webhook of ours
 *     await stub.idle()   until all callbacks are through;   await stub.close()
 * On the command line (prints "listening URL", ends on SIGTERM or SIGINT):
 *     node stub.mjs [--port N] [--account AC…] [--token T] [--key SK…:secret]
 *                   [--from +1…,+1…] [--service MG…] [--ledger FILE] [--connect URL] [--plan JSON]
 * and over HTTP, beside the API:
 *     POST /stub/plan {…} · POST /stub/inbound {…} · GET /stub/ledger · GET /stub/doubles
 *
 * A plan (each key keeps its last value; `reset: true` first restores what it was at the start):
 *     next       what to do with the next requests, one after the other: "429" or
 *                {do: "429", retry_after: 5} or {do: "refuse", code: 30007}
 *     always     what to do when `next` is empty (default "accept")
 *     mix, seed  instead of always: shares, {"drop-after": 0.05, "429": 0.1}, the rest is accepted
 *     callbacks  "order" (queued, sent, final), "early" (all before the send is answered), "double"
 *                (each twice), "shuffle" (final, queued, sent), "none"
 *     final, error_code    "delivered" (default), "undelivered" 30003, "failed" 30008, …
 *     gap_ms               between a message's callbacks, default 5
 *     callback_tries       attempts while the webhook cannot be reached, 500 ms apart, default 2
 * What can be done, and whether the message is accepted (it exists, and callbacks come):
 *     accept yes · refuse no: {code} · 429 no: 20429, {retry_after} · 401 no: 20003
 *     500 no: 20500 · 500-after yes: bare 500 · 503 no: bare · 503-code no: 20503
 *     redirect no: 307 · garbage yes: 201 that is no JSON · no-sid yes: 201 without id
 *     drop-before no · drop-after yes: the connection dies without an answer
 *     drop-half yes: it dies amid the answer · drip yes: the answer comes a byte per second
 *     hang-before no · hang-after yes: no answer until the client goes
 * Magic recipients do the same without a plan; see MAGIC.
 *
 * The ledger: one JSON object per line, written before the answer leaves.
 *     {at, n, conn, outcome, accepted, sid, fields, why}   a request. outcome: what was done, or
 *                                                          "invalid" with `why` and the code
 *     {at, callback: sid, status, http}                    a callback and its answer (0: none)
 */
import { createServer, request } from "node:http";
import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import webhooks from "twilio/lib/webhooks/webhooks.js";
import { Refusal, checkRequest } from "./strict.mjs";

export const DEFAULTS = {
	port: 0,
	account: "AC" + "0123456789abcdef".repeat(2),
	token: "auth-token-of-the-stub",
	keys: { ["SK" + "0123456789abcdef".repeat(2)]: "secret-of-the-key" },
	from: ["+15005550006"], // numbers that the account owns
	service: "MG" + "0123456789abcdef".repeat(2),
	ledger: null, // file name
	connect: null, // "http://127.0.0.1:8080": where to reach webhooks, whatever host they name
	plan: {},
};

const PLAN = {
	next: [],
	always: "accept",
	mix: null,
	seed: 1,
	callbacks: "order",
	final: "delivered",
	error_code: null,
	gap_ms: 5,
	callback_tries: 2,
};

export const MAGIC = {
	"+15005550001": { do: "refuse", code: 21211 }, // those up to …0009 are Twilio's own
	"+15005550002": { do: "refuse", code: 21612 },
	"+15005550003": { do: "refuse", code: 21408 },
	"+15005550004": { do: "refuse", code: 21610 },
	"+15005550009": { do: "refuse", code: 21614 },
	"+15005551001": { do: "drop-before" },
	"+15005551002": { do: "drop-after" },
	"+15005551003": { do: "drop-half" },
	"+15005551004": { do: "garbage" },
	"+15005551005": { do: "no-sid" },
	"+15005551006": { do: "hang-before" },
	"+15005551007": { do: "hang-after" },
	"+15005551008": { do: "drip" },
	"+15005551307": { do: "redirect" },
	"+15005551401": { do: "401" },
	"+15005551429": { do: "429", retry_after: 2 },
	"+15005551500": { do: "500" },
	"+15005551501": { do: "500-after" },
	"+15005551503": { do: "503" },
	"+15005551504": { do: "503-code" },
};

const ACCEPTING = new Set(
	"accept 500-after drop-after drop-half garbage no-sid hang-after drip".split(" "),
);
const REFUSING = new Set(
	"refuse 429 401 500 503 503-code redirect drop-before hang-before".split(" "),
);
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/* ---- webhooks ---- */

/* A form, signed as Twilio does, over the URL as given; `connect` replaces where it really goes.
 * Resolves to {http, body}; http 0 when no answer came. */
export function postSigned({ url, token, params, connect }) {
	const { pathname, search, origin } = new URL(url);
	const body = new URLSearchParams(params).toString();
	const headers = {
		"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
		"Content-Length": Buffer.byteLength(body),
		"X-Twilio-Signature": webhooks.getExpectedTwilioSignature(token, url, params),
		Connection: "close",
	};
	return new Promise((done) => {
		const req = request(
			(connect ?? origin) + pathname + search,
			{ method: "POST", headers, timeout: 15000 },
			(res) => {
				const parts = [];
				res.on("data", (d) => parts.push(d));
				res.on("end", () =>
					done({
						http: res.statusCode,
						body: Buffer.concat(parts).toString(),
					}),
				);
				res.on("error", () => done({ http: 0, body: "" }));
			},
		);
		req.on("timeout", () => req.destroy());
		req.on("error", () => done({ http: 0, body: "" }));
		req.end(body);
	});
}

const newSid = () => "SM" + randomBytes(16).toString("hex");

class Stub {
	constructor(options) {
		this.o = { ...DEFAULTS, ...options };
		this.ledger = [];
		this.busy = new Set(); // callbacks under way
		this.requests = 0;
		this.connections = 0;
		this.plan({ reset: true });
		this.server = createServer((req, res) => this.serve(req, res));
		this.server.on("connection", (socket) => (socket.conn = ++this.connections));
	}

	plan({ reset, ...changes }) {
		if (reset) this.p = { ...PLAN, ...this.o.plan };
		for (const key of Object.keys(changes))
			if (!Object.hasOwn(PLAN, key)) throw new Error(`no such plan key: ${key}`);
		this.p = { ...this.p, ...changes };
		this.p.next = this.p.next.map((x) => this.step(x));
		this.step(this.p.always);
		Object.keys(this.p.mix ?? {}).forEach((x) => this.step(x));
		if (reset || "seed" in changes) this.random = this.p.seed >>> 0;
		return this.p;
	}

	step(x) {
		const step = typeof x === "string" ? { do: x } : x;
		if (!ACCEPTING.has(step.do) && !REFUSING.has(step.do))
			throw new Error(`no such thing to do: ${step.do}`);
		return step;
	}

	/* A repeatable number in [0, 1). */
	draw() {
		this.random = (Math.imul(this.random, 1664525) + 1013904223) >>> 0;
		return this.random / 2 ** 32;
	}

	choose(fields) {
		if (MAGIC[fields.To]) return MAGIC[fields.To];
		if (this.p.next.length) return this.p.next.shift();
		let at = this.p.mix ? this.draw() : 1;
		for (const [name, share] of Object.entries(this.p.mix ?? {}))
			if ((at -= share) < 0) return this.step(name);
		return this.step(this.p.mix ? "accept" : this.p.always);
	}

	note(entry) {
		const e = { at: new Date().toISOString(), ...entry };
		this.ledger.push(e);
		if (this.o.ledger) appendFileSync(this.o.ledger, JSON.stringify(e) + "\n");
	}

	/* StatusCallbacks (they carry a token per text) whose text was accepted more than once. */
	doubles() {
		const seen = new Map();
		for (const e of this.ledger.filter((x) => x.accepted))
			seen.set(
				e.fields.StatusCallback,
				(seen.get(e.fields.StatusCallback) ?? 0) + 1,
			);
		return [...seen].filter(([, n]) => n > 1).map(([url]) => url);
	}

	async serve(req, res) {
		const parts = [];
		req.on("error", () => {});
		res.on("error", () => {});
		try {
			for await (const d of req) parts.push(d);
		} catch {
			this.note({
				n: ++this.requests,
				conn: req.socket?.conn,
				outcome: "cut",
				accepted: false,
			});
			return;
		}
		const raw = Buffer.concat(parts);
		if (req.url.startsWith("/stub/")) return this.control(req, res, raw);
		const entry = {
			n: ++this.requests,
			conn: req.socket.conn,
			outcome: "invalid",
			accepted: false,
		};
		try {
			checkRequest(this.o, req, raw, entry);
		} catch (e) {
			if (!(e instanceof Refusal)) throw e;
			this.note({ ...entry, code: e.code, why: e.message });
			return this.json(res, e.status, {
				code: e.code,
				message: e.message,
				status: e.status,
				more_info: `https://www.twilio.com/docs/errors/${e.code}`,
			});
		}
		const step = this.choose(entry.fields);
		const sid = ACCEPTING.has(step.do) ? newSid() : null;
		this.note({
			...entry,
			outcome: step.do,
			accepted: sid !== null,
			sid,
			...(step.code && { code: step.code }),
		});
		const reports = sid ? this.reports(entry.fields, sid) : null;
		if (this.p.callbacks === "early") await reports;
		await this.answer(step, entry.fields, sid, req, res);
	}

	json(res, status, value, headers = {}) {
		const body = JSON.stringify(value);
		res.writeHead(status, {
			"Content-Type": "application/json",
			"Content-Length": Buffer.byteLength(body),
			...headers,
		});
		res.end(body);
	}

	async answer(step, fields, sid, req, res) {
		const error = (status, code, headers) =>
			this.json(
				res,
				status,
				{ code, message: "the stub was told so", status, more_info: "" },
				headers,
			);
		const bare = (status, body, headers = {}) =>
			res
				.writeHead(status, { "Content-Type": "text/html", ...headers })
				.end(body);
		const message = this.message(fields, sid);
		switch (step.do) {
			case "accept":
				return this.json(res, 201, message);
			case "refuse":
				return error(400, step.code ?? 21211);
			case "401":
				return error(401, 20003);
			case "429":
				return error(
					429,
					20429,
					step.retry_after
						? { "Retry-After": String(step.retry_after) }
						: {},
				);
			case "500":
				return error(500, 20500);
			case "503-code":
				return error(503, 20503);
			case "503":
				return bare(503, "<html>Service Unavailable</html>");
			case "500-after":
				return bare(500, "<html>Internal Server Error</html>");
			case "redirect":
				return bare(307, "", { Location: req.url });
			case "garbage":
				return bare(201, '<html>\0\xff not what you expect {"sid":');
			case "no-sid":
				return this.json(res, 201, { status: "queued" });
			case "hang-before":
			case "hang-after":
				return;
			case "drop-before":
			case "drop-after":
				return void req.socket.destroy();
			case "drop-half": {
				const body = JSON.stringify(message);
				res.writeHead(201, {
					"Content-Type": "application/json",
					"Content-Length": Buffer.byteLength(body),
				});
				return void res.write(body.slice(0, body.length / 2), () =>
					req.socket.destroy(),
				);
			}
			case "drip": {
				const body = JSON.stringify(message);
				res.writeHead(201, {
					"Content-Type": "application/json",
					"Content-Length": Buffer.byteLength(body),
				});
				for (const c of Buffer.from(body)) {
					if (res.destroyed || this.closed) return;
					res.write(Buffer.from([c]));
					await sleep(1000);
				}
				return void res.end();
			}
		}
	}

	message(f, sid) {
		return {
			account_sid: this.o.account,
			api_version: "2010-04-01",
			body: f.Body,
			date_created: new Date().toUTCString(),
			date_sent: null,
			date_updated: new Date().toUTCString(),
			direction: "outbound-api",
			error_code: null,
			error_message: null,
			from: f.From ?? null,
			messaging_service_sid: f.MessagingServiceSid ?? null,
			num_media: "0",
			num_segments: "1",
			price: null,
			price_unit: null,
			sid,
			status: f.From ? "queued" : "accepted",
			subresource_uris: {},
			to: f.To,
			uri: `/2010-04-01/Accounts/${this.o.account}/Messages/${sid}.json`,
		};
	}

	/* All callbacks of one message, as planned when it was accepted. */
	reports(fields, sid) {
		const { callbacks, final, error_code, gap_ms, callback_tries } = this.p;
		const order = {
			none: [],
			shuffle: [final, "queued", "sent"],
			double: ["queued", "queued", "sent", "sent", final, final],
		};
		const statuses = order[callbacks] ?? ["queued", "sent", final];
		const run = async () => {
			for (const status of statuses) {
				if (callbacks !== "early") await sleep(gap_ms);
				const code =
					status === final &&
					final !== "delivered" &&
					(error_code ?? (final === "failed" ? 30008 : 30003));
				await this.report(
					fields,
					sid,
					status,
					code || null,
					callback_tries,
				);
			}
		};
		const promise = run().finally(() => this.busy.delete(promise));
		this.busy.add(promise);
		return promise;
	}

	async report(f, sid, status, code, tries) {
		const params = {
			AccountSid: this.o.account,
			ApiVersion: "2010-04-01",
			From: f.From ?? this.o.from[0],
			MessageSid: sid,
			MessageStatus: status,
			SmsSid: sid,
			SmsStatus: status,
			To: f.To,
			...(f.MessagingServiceSid && {
				MessagingServiceSid: f.MessagingServiceSid,
			}),
			...(code && { ErrorCode: String(code) }),
		};
		let http = 0;
		for (let i = 0; i < tries && !http && !this.closed; i++) {
			if (i) await sleep(500);
			({ http } = await postSigned({
				url: f.StatusCallback,
				token: this.o.token,
				params,
				connect: this.o.connect,
			}));
		}
		this.note({ callback: sid, status, http });
	}

	/* A text from a patient to the webhook at `url`; `more` adds fields. */
	async inbound({ url, from, to = this.o.from[0], body, sid = newSid(), more = {} }) {
		const params = {
			AccountSid: this.o.account,
			ApiVersion: "2010-04-01",
			Body: body,
			From: from,
			MessageSid: sid,
			NumMedia: "0",
			NumSegments: "1",
			SmsMessageSid: sid,
			SmsSid: sid,
			SmsStatus: "received",
			To: to,
			...more,
		};
		return {
			sid,
			...(await postSigned({
				url,
				token: this.o.token,
				params,
				connect: this.o.connect,
			})),
		};
	}

	async control(req, res, raw) {
		try {
			const value = raw.length ? JSON.parse(raw.toString()) : {};
			switch (`${req.method} ${req.url}`) {
				case "POST /stub/plan":
					return this.json(res, 200, this.plan(value));
				case "POST /stub/inbound":
					return this.json(res, 200, await this.inbound(value));
				case "GET /stub/ledger":
					return this.json(res, 200, this.ledger);
				case "GET /stub/doubles":
					return this.json(res, 200, this.doubles());
			}
			this.json(res, 404, { why: `no ${req.method} ${req.url} here` });
		} catch (e) {
			this.json(res, 400, { why: String(e) });
		}
	}

	async idle() {
		while (this.busy.size) await Promise.all(this.busy);
	}

	async close() {
		this.closed = true;
		this.server.closeAllConnections();
		await new Promise((done) => this.server.close(done));
		await this.idle();
	}
}

export async function startStub(options = {}) {
	const stub = new Stub(options);
	await new Promise((done, fail) => {
		stub.server.once("error", fail);
		stub.server.listen(stub.o.port, "127.0.0.1", done);
	});
	stub.url = `http://127.0.0.1:${stub.server.address().port}`;
	return stub;
}

async function main() {
	const string = { type: "string" };
	const { values: v } = parseArgs({
		options: {
			port: string,
			account: string,
			token: string,
			key: string,
			from: string,
			service: string,
			ledger: string,
			connect: string,
			plan: string,
		},
	});
	const { key, from, plan, port, ...rest } = v;
	const [sk, ...secret] = (key ?? "").split(":");
	const stub = await startStub({
		...rest,
		...(port && { port: Number(port) }),
		...(from && { from: from.split(",") }),
		...(key && { keys: { [sk]: secret.join(":") } }),
		...(plan && { plan: JSON.parse(plan) }),
	});
	console.log(`listening ${stub.url}`);
	for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => stub.close());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
