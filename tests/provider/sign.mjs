/* Twilio's own library signs; our verifier (verify_main.c) must accept exactly what it signed, and
 * nothing that differs by a byte. */
import { test } from "node:test";
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import webhooks from "twilio/lib/webhooks/webhooks.js";

const { getExpectedTwilioSignature: sign, getExpectedBodyHash: hash, validateRequest } = webhooks;
const VERIFY =
	process.env.VERIFY_MAIN ??
	new URL("../../build/tests/provider/verify_main", import.meta.url).pathname;
const FORM = "application/x-www-form-urlencoded";
const SECRET = "0123456789abcdef0123456789abcdef";

const text = {
	ToCountry: "US",
	ToState: "IL",
	SmsMessageSid: "SM0a",
	NumMedia: "0",
	ToCity: "",
	FromZip: "60601",
	SmsSid: "SM0a",
	FromState: "IL",
	SmsStatus: "received",
	FromCity: "CHICAGO",
	Body: "yes pls",
	FromCountry: "US",
	To: "+13125550100",
	NumSegments: "1",
	MessageSid: "SM0a",
	AccountSid: "AC0",
	From: "+13125550123",
	ApiVersion: "2010-04-01",
};

const urls = [
	"https://sms.example.org/in/main",
	"https://sms.example.org/",
	"https://sms.example.org/in/main/",
	"https://sms.example.org:8443/in/main",
	"https://sms.example.org/in/main?foo=1&bar=2",
	"https://sms.example.org/in/main?b=%20x+y%2B&a=",
	"https://sms.example.org/in/a:1/m@in",
	"https://sms.example.org/dlr/main/0123456789abcdef0123456789abcdef",
	"http://127.0.0.1:8080/in/main",
	"http://sms.example.org/in/main",
	"https://[::1]:8443/in/main",
];

const bodies = [
	text,
	{},
	{ Body: "" },
	{ a: "1" },
	{ Body: "", From: "", To: "" },
	{ Body: "Sí, mañana — ¿a las 3? 😀 日本" },
	{ Body: "a+b & c=d %41 100%", "a+b": "x y", "c d": "&=" },
	{ Body: "  blanks at both ends  ", B: " " },
	{ Body: "line\r\nline\n" },
	{ b: "1", B: "2", a: "3", A: "4", aa: "5", "a-": "6", _: "7" },
	{ x: ["2", "1", "2", "", "1"], y: ["b", "a"] },
	{ x: ["é", "e", "😀", "Ａ", "z"] },
	{ é: "1", "😀": "2", Ａ: "3", z: "4" },
	{ ...text, Body: "x".repeat(1600) },
];

function encode(params) {
	const form = new URLSearchParams();
	for (const [name, value] of Object.entries(params))
		for (const v of [value].flat()) form.append(name, v);
	return form.toString();
}

const formCase = (url, params, signed = url, type = FORM) => ({
	secret: SECRET,
	url,
	type,
	body: encode(params),
	signature: sign(SECRET, signed, params),
});

const jsonCase = (url, json) => {
	const full = url + (url.includes("?") ? "&" : "?") + "bodySHA256=" + hash(json);
	return {
		secret: SECRET,
		url: full,
		type: "application/json",
		body: json,
		signature: sign(SECRET, full, {}),
	};
};

/* Our verifier's answers, as booleans. */
function verify(cases) {
	const run = spawnSync(VERIFY, {
		input: cases.map((c) => JSON.stringify(c) + "\n").join(""),
		encoding: "utf8",
		maxBuffer: 1 << 26,
	});
	assert.equal(run.status, 0, run.stderr || String(run.error));
	const answers = run.stdout.trim().split("\n");
	assert.equal(answers.length, cases.length);
	return answers.map((a) => a === "ok");
}

function expectAll(expected, cases) {
	verify(cases).forEach((ok, i) => assert.equal(ok, expected, JSON.stringify(cases[i])));
	return cases.length;
}

const all = urls.flatMap((url) =>
	bodies.map((params) => ({ url, params, c: formCase(url, params) })),
);

test("accepts what Twilio's library signed", (t) => {
	const n = expectAll(
		true,
		all.map((x) => x.c),
	);
	for (const { url, params, c } of all)
		// our cases are sound by its own judgement
		assert.ok(validateRequest(SECRET, c.signature, url, params));
	t.diagnostic(`${n} requests`);
});

test("accepts names and values in any order on the wire, and either way to write a blank", () => {
	const c = formCase(urls[0], text);
	const pairs = c.body.split("&");
	expectAll(true, [
		{ ...c, body: [...pairs].reverse().join("&") },
		{ ...c, body: c.body.replace(/\+/g, "%20") },
		{ ...c, body: c.body.replace("Body", "%42ody") },
		{ ...c, type: FORM + "; charset=UTF-8" },
		{ ...c, type: FORM.toUpperCase() },
	]);
});

test("accepts both ways about the port, and no third", () => {
	const at = (configured, signed) => formCase(configured, text, signed);
	expectAll(true, [
		at("https://h/in", "https://h:443/in"),
		at("http://h/in", "http://h:80/in"),
		at("https://h:8443/in", "https://h/in"),
		at("https://h:443/in", "https://h/in"),
		at("https://h/in?a=1", "https://h:443/in?a=1"),
	]);
	expectAll(false, [
		at("https://h/in", "https://h:80/in"),
		at("https://h/in", "https://h:8443/in"),
		at("https://h:8443/in", "https://h:443/in"),
		at("https://h:8443/in", "https://h:8444/in"),
		at("http://h/in", "http://h:443/in"),
	]);
});

test("refuses another URL", () => {
	const others = [
		"http://sms.example.org/in/main",
		"https://sms.example.org/in/main/",
		"https://sms.example.org/in/Main",
		"https://sms.example.org/in/main?",
		"https://sms.example.org/in/main#rc=1",
		"https://sms.example.org//in/main",
		"https://SMS.example.org/in/main",
		"https://sms.example.org.evil.org/in/main",
		"https://sms.example.org/in/m%61in",
		"https://a@sms.example.org/in/main",
	];
	expectAll(
		false,
		others.map((url) => ({ ...formCase(urls[0], text), url })),
	);
	expectAll(
		false,
		["foo=1&bar=3", "bar=2&foo=1", "foo=1", "foo=1&bar=2&", "foo=1&bar=%32"].map(
			(q) => ({
				...formCase(urls[4], text),
				url: "https://sms.example.org/in/main?" + q,
			}),
		),
	);
});

test("refuses each signature with one byte changed, cut or added", (t) => {
	const c = formCase(urls[0], text);
	const s = c.signature;
	const bad = [];
	for (let i = 0; i < s.length; i++)
		for (const x of ["A", "B", "z", "=", "+"])
			if (s[i] !== x) bad.push(s.slice(0, i) + x + s.slice(i + 1));
	for (let i = 0; i < s.length; i++) bad.push(s.slice(0, i));
	bad.push(
		s + "=",
		s + " ",
		" " + s,
		s + s,
		s.toLowerCase(),
		s + "," + s,
		Buffer.from(s, "base64").toString("hex"),
		Buffer.from(s, "base64").toString("base64url"),
	);
	const cases = bad.map((signature) => ({ ...c, signature }));
	const { signature, ...none } = c;
	t.diagnostic(`${expectAll(false, [...cases, none])} signatures`);
});

test("refuses each body with one parameter added, removed or changed", (t) => {
	const cases = [];
	for (const params of bodies) {
		const c = formCase(urls[0], params);
		const change = (p) => cases.push({ ...c, body: encode(p) });
		change({ ...params, Added: "1" });
		change({ ...params, Added: "" });
		for (const name of Object.keys(params)) {
			const { [name]: value, ...rest } = params;
			if (!Array.isArray(value)) {
				change(rest);
				change({ ...params, [name]: [value, value + "x"] });
			}
			change({ ...rest, [name]: [value].flat().map((v) => v + " ") });
			change({ ...rest, [name]: [value].flat().map((v) => v + "1") });
			change({ ...rest, [name + "x"]: value });
		}
	}
	t.diagnostic(`${expectAll(false, cases)} bodies`);
});

test("refuses another secret, no secret, and a form under another name", () => {
	const c = formCase(urls[0], text);
	const other = sign("other", urls[0], text),
		none = sign("", urls[0], text);
	const { type, ...untyped } = c;
	expectAll(false, [
		{ ...c, signature: other },
		{ ...c, secret: "", signature: none },
		{ ...c, type: "application/json" },
		{ ...c, type: "text/plain" },
		{ ...c, type: FORM + "x" },
		untyped,
		{ ...c, signature: sign(SECRET, urls[0], {}) },
	]);
});

test("refuses forms that cannot be read", () => {
	const c = formCase(urls[0], { Body: "x" });
	expectAll(
		false,
		["Body=%", "Body=%zz", "Body=%00x", "Body=x%00", "Body=%ff"].map((body) => ({
			...c,
			body,
		})),
	);
});

test("JSON is signed by its hash in the URL", () => {
	const json = '{"data":[{"type":"x","body":"Sí 😀"}]}';
	for (const url of [urls[0], urls[3], urls[4]]) {
		const c = jsonCase(url, json);
		assert.ok(webhooks.validateRequestWithBody(SECRET, c.signature, c.url, json));
		expectAll(true, [c, { ...c, type: "application/json; charset=utf-8" }]);
		const unhashed = { ...c, url, signature: sign(SECRET, url, {}) };
		const swapped = jsonCase(url, "{}").url;
		const twice = `${jsonCase(url, "{}").url}&bodySHA256=${hash(json)}`;
		expectAll(false, [
			{ ...c, body: json + " " },
			{ ...c, body: json.replace("x", "y") },
			{ ...c, body: "{}" },
			unhashed,
			{ ...c, url: swapped },
			{ ...c, url: swapped, signature: sign(SECRET, swapped, {}) },
			{ ...c, url: c.url.slice(0, -1) },
			{ ...c, url: twice, signature: sign(SECRET, twice, {}) },
			{ ...c, type: FORM },
		]);
	}
});

test("random forms: the library and we agree", (t) => {
	let seed = 7;
	const draw = (n) => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) >>> 8) % n;
	const letters = [..."abBZ_0 +&=%éñＡ😀\u{10ffff}\ue000\n"];
	const word = (most) =>
		Array.from({ length: draw(most + 1) }, () => letters[draw(letters.length)]).join(
			"",
		);
	const good = [],
		bad = [];
	for (let i = 0; i < 2000; i++) {
		const params = {};
		for (let k = draw(8); k >= 0; k--) {
			const name = word(3) || "n";
			params[name] = draw(4)
				? word(12)
				: Array.from({ length: 1 + draw(4) }, () => word(2));
		}
		const c = formCase(urls[draw(urls.length)], params);
		good.push(c);
		bad.push(
			{ ...c, body: c.body + "x" },
			{ ...c, signature: sign(SECRET + "x", c.url, params) },
		);
	}
	t.diagnostic(`${expectAll(true, good)} accepted, ${expectAll(false, bad)} refused`);
});
