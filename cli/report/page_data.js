/* The capture's exchanges, a list a column: `at` names them. Texts are numbers in `words`. */
const KIND = { exchange: 0, reply: 1, odd: 2, event: 3 };
const MARK = { violation: 1, misfit: 2, suspicious: 4, error: 8, warning: 16, unanswered: 32, changed: 64, hidden: 128, cut: 256,
               remarkable: 512, swapped: 1024, no_reply: 2048 };
const BAD = MARK.violation | MARK.error | MARK.unanswered;
const ODD = MARK.misfit | MARK.suspicious | MARK.warning | MARK.changed;
const NOWHERE = 255, GUEST = 254;

let data, at, count, words, lower;

/* Differences as they are; what a number can't hold is a BigInt. */
function column(packed) {
  if (!Array.isArray(packed))
    return new Float64Array(count).fill(packed);
  const big = packed.some((v) => typeof v === "string");
  const list = big ? new Array(count) : new Float64Array(count);
  let last = 0;
  for (let i = 0; i < count; i++)
    list[i] = typeof packed[i] === "string" ? BigInt(packed[i]) : (last += packed[i]);
  return list;
}

function load() {
  data = JSON.parse(document.getElementById("data").textContent);
  count = data.count;
  words = data.words;
  at = {};
  for (const name of Object.keys(data.columns))
    at[name] = column(data.columns[name]);
  data.hiddenAt = new Map(data.hidden.map(([row, half, from, to]) => [2 * row + half, [from, to]]));
}

/* In small letters, once somebody searches. */
function lowerWords() {
  lower = lower || words.map((w) => w.toLowerCase());
  return lower;
}

/* The row of a message; -1: it is not here. */
let byNumber;
function rowOf(no) {
  if (!byNumber) {
    byNumber = new Map();
    for (let i = 0; i < count; i++) {
      if (at.kind[i] === KIND.event)
        continue;
      if (at.no[i] && !byNumber.has(at.no[i]))
        byNumber.set(at.no[i], i);
      if (at.reply_no[i] && !byNumber.has(at.reply_no[i]))
        byNumber.set(at.reply_no[i], i);
    }
  }
  return byNumber.has(no) ? byNumber.get(no) : -1;
}

const numberOf = (i) => at.kind[i] === KIND.event ? 0 : at.no[i] || at.reply_no[i];
const commandName = (i) => at.kind[i] === KIND.event ? data.events[at.command[i]] : data.commands[at.command[i]] || "UNKNOWN";
const regionName = (region) => region === GUEST ? "guest" : data.regions[region] || "region " + region;
const hex = (n) => "0x" + n.toString(16);

/* 850 ns, 12.3 µs, 1.234 ms, 5.001 s */
function duration(ns) {
  if (ns < 1e3)
    return ns + "\u202fns";
  if (ns < 1e6)
    return (ns / 1e3).toFixed(1) + "\u202fµs";
  return ns < 1e9 ? (ns / 1e6).toFixed(3) + "\u202fms" : (ns / 1e9).toFixed(3) + "\u202fs";
}

/* An element with this class and text: text is never taken for anything else. */
function make(tag, className, text) {
  const e = document.createElement(tag);
  if (className)
    e.className = className;
  if (text !== undefined)
    e.textContent = text;
  return e;
}

const thin = (n) => n.toLocaleString("en").replace(/,/g, "\u202f");
