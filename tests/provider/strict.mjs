/* What the stub takes for a proper request to Twilio's Messages API; used by stub.mjs only. The
 * codes are Twilio's where it has one for the case; 21699 and 204xx stand for what it lets pass. */
const FIELDS = new Set("To From MessagingServiceSid Body StatusCallback ValidityPeriod".split(" "));
const E164 = /^\+[1-9][0-9]{6,14}$/;

export class Refusal extends Error {
	constructor(status, code, why) {
		super(why);
		Object.assign(this, { status, code });
	}
}

function checkAuth(o, req) {
	const [, basic] = /^Basic ([A-Za-z0-9+/]+=*)$/.exec(req.headers.authorization ?? "") ?? [];
	const [user, ...rest] = Buffer.from(basic ?? "", "base64")
		.toString()
		.split(":");
	const secret =
		user === o.account ? o.token : Object.hasOwn(o.keys, user) ? o.keys[user] : null;
	if (!basic || secret === null || rest.join(":") !== secret)
		throw new Refusal(401, 20003, "Authenticate");
}

function checkHead(o, req) {
	checkAuth(o, req);
	if (req.url !== `/2010-04-01/Accounts/${o.account}/Messages.json`)
		throw new Refusal(404, 20404, `no resource ${req.url}`);
	if (req.method !== "POST") throw new Refusal(405, 20004, "Method not allowed");
	const type = req.headers["content-type"] ?? "";
	if (!/^application\/x-www-form-urlencoded(; *charset=utf-8)?$/i.test(type))
		throw new Refusal(415, 20415, `content type ${type}`);
	if (!/^[0-9]+$/.test(req.headers["content-length"] ?? ""))
		throw new Refusal(411, 20411, "no length");
}

function parseForm(raw) {
	const text = new TextDecoder("utf-8", { fatal: true });
	const fields = {};
	const decode = (s) => {
		if (/%(?![0-9A-Fa-f]{2})/.test(s) || /[^\x21-\x7e]/.test(s))
			throw new Refusal(400, 21699, "bad escape");
		const bytes = s
			.replace(/\+/g, " ")
			.replace(/%(..)/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
		try {
			return text.decode(Buffer.from(bytes, "latin1"));
		} catch {
			throw new Refusal(400, 21699, "no UTF-8");
		}
	};
	for (const pair of raw.toString("latin1").split("&")) {
		const [name, value, ...more] = pair.split("=");
		if (value === undefined || more.length)
			throw new Refusal(400, 21699, `not name=value: ${pair}`);
		const key = decode(name);
		if (!FIELDS.has(key)) throw new Refusal(400, 21699, `unknown field ${key}`);
		if (Object.hasOwn(fields, key)) throw new Refusal(400, 21699, `field ${key} twice`);
		fields[key] = decode(value);
	}
	return fields;
}

function checkFields(o, f) {
	const need = (ok, code, why) => {
		if (!ok) throw new Refusal(400, code, why);
	};
	need(f.To, 21604, "no To");
	need(E164.test(f.To), 21211, "To is not E.164");
	need(!f.From !== !f.MessagingServiceSid, 21603, "exactly one of From, MessagingServiceSid");
	need(!f.From || E164.test(f.From), 21212, "From is not E.164");
	need(!f.From || o.from.includes(f.From), 21606, "From is not ours");
	need(
		!f.MessagingServiceSid || f.MessagingServiceSid === o.service,
		21705,
		"no such service",
	);
	need(f.From !== f.To, 21266, "To and From are the same");
	need(f.Body?.trim(), 21602, "no Body");
	need([...f.Body].length <= 1600, 21617, "Body over 1,600");
	need(!f.Body.includes("\0"), 21602, "NUL in Body");
	need(/^https?:\/\/[^\s#]+$/.test(f.StatusCallback ?? ""), 21609, "no StatusCallback");
	need(/^[1-9][0-9]{0,4}$/.test(f.ValidityPeriod ?? ""), 21699, "no ValidityPeriod");
	need(Number(f.ValidityPeriod) <= 36000, 21699, "ValidityPeriod over 36,000");
}

/* Throws a Refusal. entry.fields holds the form, also when only a value in it is wrong. */
export function checkRequest(o, req, raw, entry) {
	checkHead(o, req);
	entry.fields = parseForm(raw);
	checkFields(o, entry.fields);
}
