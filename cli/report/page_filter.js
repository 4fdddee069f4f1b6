/*
 * Filters: as `--filter` has them, of what the list knows; other words are looked for in the lines.
 *   error or latency > 1ms          region == bar0 and offset in 0x14..0x1c          not from == server
 */
const FIELDS = {
  no: (i) => numberOf(i), time: (i) => at.ns[i], latency: (i) => at.reply_no[i] && at.kind[i] === KIND.exchange ? at.latency_ns[i] : undefined,
  conn: (i) => at.conn[i], id: (i) => at.kind[i] === KIND.event ? undefined : at.id[i], size: (i) => at.size[i] || at.reply_size[i],
  offset: (i) => at.region[i] < GUEST ? at.offset[i] : undefined, address: (i) => at.region[i] === GUEST ? at.offset[i] : undefined,
  region: (i) => at.region[i] === NOWHERE ? undefined : at.region[i], command: (i) => at.kind[i] === KIND.event ? undefined : at.command[i],
  error: (i) => at.error[i] || (at.marks[i] & MARK.error ? 0 : undefined), from: (i) => at.from[i] ^ (at.kind[i] === KIND.reply),
  channel: (i) => at.channel[i], value: (i) => values()[at.value[i]], register: (i) => at.reg[i] ? words[at.reg[i]] : undefined,
  event: (i) => at.kind[i] === KIND.event ? at.command[i] : undefined,
  problem: (i) => at.marks[i] & (MARK.violation | MARK.misfit | MARK.suspicious) ? 1 : undefined,
  wrong: (i) => at.marks[i] & (BAD | ODD) ? 1 : undefined,
};
for (const name of ["violation", "misfit", "suspicious", "warning", "unanswered", "changed", "hidden", "no_reply"])
  FIELDS[name] = (i) => at.marks[i] & MARK[name] ? 1 : undefined;

let numbers;
function values() {
  if (!numbers)
    numbers = words.map((w) => /^0x[0-9a-f]{1,16}$/.test(w) ? (w.length < 15 ? Number(w) : BigInt(w)) : undefined);
  return numbers;
}

/* What stands for numbers: names of commands, regions, errors, sides. */
function named(field, text) {
  const find = (names) => Object.keys(names).find((n) => names[n].toLowerCase() === text.toLowerCase());
  const lists = { command: data.commands, region: { ...data.regions, [GUEST]: "guest" }, error: data.errors, event: data.events,
                  from: ["client", "server"], channel: ["main", "twin"] };
  const found = lists[field] && find(lists[field]);
  return found === undefined ? undefined : Number(found);
}

const UNITS = { ns: 1, us: 1e3, "µs": 1e3, ms: 1e6, s: 1e9, k: 1024, m: 1048576, g: 1073741824, "": 1 };
function numberIn(field, text) {
  const known = named(field, text), parts = /^(0x[0-9a-f]+|[0-9]*\.?[0-9]+)(ns|us|µs|ms|s|k|m|g)?$/i.exec(text);
  if (known !== undefined)
    return known;
  if (field === "register")
    return text;
  if (!parts)
    return undefined;
  if (/^0x/i.test(parts[1]) && parts[1].length > 15)
    return BigInt(parts[1]);
  const unit = (parts[2] || "").toLowerCase(), time = field === "time" || field === "latency";
  return Number(parts[1]) * (time && !unit ? 1e9 : UNITS[unit]);
}

const TOKEN = /\s*(?:("(?:[^"\\]|\\.)*")|(==|!=|<=|>=|<|>|\(|\)|&&|\|\||!)|([^\s()<>=!&|"]+)|(.))/gy;
function tokens(text) {
  const list = [];
  TOKEN.lastIndex = 0;
  for (let m; TOKEN.lastIndex < text.length && (m = TOKEN.exec(text));) {
    const token = m[1] !== undefined ? { words: m[1].slice(1, -1).replace(/\\(.)/g, "$1") } : { text: m[2] || m[3] || m[4] };
    list.push({ ...token, column: m.index + 1 });
  }
  return list;
}

/* Rows whose line has the text. */
function containing(text) {
  const wanted = text.toLowerCase(), has = Uint8Array.from(lowerWords(), (w) => w.includes(wanted) ? 1 : 0), names = new Map();
  const isNamed = (i) => {
    const key = at.command[i] * 4 + at.kind[i];
    if (!names.has(key))
      names.set(key, commandName(i).toLowerCase().includes(wanted));
    return names.get(key);
  };
  return (i) => has[at.said[i]] || has[at.reply_said[i]] || has[at.reg[i]] || has[at.below[i]] || isNamed(i);
}

const OPS = { "==": (a, b) => a == b, "!=": (a, b) => a != b, "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b };

/* A function of a row. Throws what is wrong, and at which column. */
function compile(text) {
  const list = tokens(text);
  let n = 0;
  const fail = (token, why) => { throw new Error(why + (token ? ", at column " + token.column : " at the end")); };
  const is = (...w) => list[n] && w.includes(list[n].text);
  const value = (field) => {
    const token = list[n++];
    const v = token && numberIn(field, token.words !== undefined ? token.words : token.text);
    if (v === undefined)
      fail(token, token ? field + ": not a value: " + (token.words || token.text) : "a value is missing");
    return v;
  };
  const range = (field) => {
    const token = list[n++], parts = token && /^(.+)\.\.(.+)$/.exec(token.text || "");
    const from = parts && numberIn(field, parts[1]), to = parts && numberIn(field, parts[2]);
    if (!parts || from === undefined || to === undefined)
      fail(token, "in wants A..B");
    return (v) => v >= from && v <= to;
  };
  const test = () => {
    const token = list[n++];
    if (!token)
      fail(token, "something is missing");
    if (token.text === "(") {
      const inner = any();
      if (!is(")"))
        fail(list[n], ") is missing");
      n++;
      return inner;
    }
    if (token.text in OPS || token.text === ")")
      fail(token, "unexpected " + token.text);
    const name = token.text && token.text.toLowerCase(), get = name && Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (get && list[n] && list[n].text in OPS) {
      const op = OPS[list[n++].text], v = value(name);
      return (i) => { const a = get(i); return a !== undefined && op(a, v); };
    }
    if (get && is("in")) {
      n++;
      const within = range(name);
      return (i) => { const a = get(i); return a !== undefined && within(a); };
    }
    if (get)
      return (i) => get(i) !== undefined;
    const no = /^#([0-9]+)$/.exec(token.text || "");
    if (no)
      return (i) => at.no[i] === Number(no[1]) || at.reply_no[i] === Number(no[1]);
    return containing(token.words !== undefined ? token.words : token.text);
  };
  const not = () => {
    if (!is("not", "!"))
      return test();
    n++;
    const inner = not();
    return (i) => !inner(i);
  };
  const all = () => {
    let left = not();
    while (n < list.length && !is("or", "||", ")")) {
      if (is("and", "&&"))
        n++;
      const a = left, b = not();
      left = (i) => a(i) && b(i);
    }
    return left;
  };
  const any = () => {
    let left = all();
    while (is("or", "||")) {
      n++;
      const a = left, b = all();
      left = (i) => a(i) || b(i);
    }
    return left;
  };
  if (!list.length)
    return null;
  const whole = any();
  if (n < list.length)
    fail(list[n], "unexpected " + list[n].text);
  return whole;
}
