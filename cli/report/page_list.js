/* The list of exchanges: only the rows that can be seen are elements. */
const ROW = 24;
const list = { shown: null, open: new Map(), cursor: -1, sort: "no", down: false, made: new Map() };
const COLUMNS = [
  ["#", "no"], ["time", "ns"], ["conn", "conn"], ["command", "command"], ["what", "what"], ["reply", "reply"], ["took", "latency_ns"], ["", "marks"],
];

const KEYS = {
  no: (i) => i, ns: (i) => at.ns[i], conn: (i) => at.conn[i], command: (i) => at.kind[i] * 65536 + at.command[i],
  what: (i) => at.region[i] * 1e15 + Number(at.offset[i]), reply: (i) => at.reply_said[i] || (at.reply_no[i] ? 0 : -1),
  latency_ns: (i) => at.kind[i] === KIND.exchange && at.reply_no[i] ? at.latency_ns[i] : -1, marks: (i) => badness(i),
};

function badness(i) {
  const m = at.marks[i];
  return m & (MARK.violation | MARK.unanswered) ? 3 : m & MARK.error ? 2 : m & ODD ? 1 : 0;
}

function sortShown() {
  const key = KEYS[list.sort], keys = new Float64Array(count), sign = list.down ? -1 : 1;
  if (list.sort === "no" && !list.down)
    return;
  for (const i of list.shown)
    keys[i] = key(i);
  list.shown.sort((a, b) => sign * (keys[a] - keys[b]) || a - b);
}

/* Where the n-th shown row is: what is unfolded above it counts. */
function topOf(n) {
  let top = n * ROW;
  for (const [place, height] of list.heights)
    if (place < n)
      top += height;
  return top;
}

function placeOf(y) {
  let n = Math.min(list.shown.length - 1, Math.max(0, Math.floor(y / ROW)));
  while (n > 0 && topOf(n) > y)
    n--;
  return n;
}

/* The unfolded rows' places in what is shown, and how much higher they are. */
function findOpen() {
  list.heights = [];
  list.places = new Map();
  if (list.open.size || list.cursor >= 0)
    for (let n = 0; n < list.shown.length; n++) {
      const i = list.shown[n];
      if (list.open.has(i))
        list.heights.push([n, list.open.get(i)]);
      if (list.open.has(i) || i === list.cursor)
        list.places.set(i, n);
    }
}

function cell(text, className) {
  return make("span", className, text);
}

function timeText(ns) {
  return (ns / 1e9).toFixed(6);
}

function whatText(i) {
  const reg = at.reg[i] ? words[at.reg[i]] : "";
  const said = words[at.said[i]] || (at.kind[i] === KIND.reply ? "(a reply to what is not here)" : "");
  return reg && !said.includes(reg) ? said + "  " + reg : said;
}

function flagOf(i) {
  const m = at.marks[i], text = m & MARK.unanswered ? "…" : m & (MARK.violation | MARK.misfit | MARK.suspicious) ? "!" : m & MARK.error ? "✕"
    : m & MARK.warning ? "!" : m & MARK.changed ? "~" : "";
  return cell(text, "flag " + (m & BAD ? "bad" : "odd"));
}

function makeRow(i) {
  const row = make("div", "row"), cells = make("div", "cells"), no = cell("", "n");
  const number = numberOf(i), m = at.marks[i];
  row.setAttribute("role", "row");
  if (at.kind[i] === KIND.event)
    row.classList.add("event");
  row.classList.toggle("bad", (m & BAD) !== 0);
  row.classList.toggle("odd", !(m & BAD) && (m & ODD) !== 0);
  if (number) {
    const link = make("a", "", "#" + number);
    link.href = "#" + number;
    no.append(link);
  }
  cells.append(no, cell(timeText(at.ns[i]), "n soft"), cell(at.conn[i] ? at.conn[i] + (at.channel[i] ? "t" : "") + (FIELDS.from(i) ? " s" : " c") : "", "soft"),
    cell(commandName(i), "name"), cell(whatText(i), "said"),
    cell(at.reply_no[i] ? words[at.reply_said[i]] : m & MARK.unanswered ? "no reply" : "", m & MARK.unanswered ? "flag bad" : "said"),
    cell(at.kind[i] === KIND.exchange && at.reply_no[i] ? duration(at.latency_ns[i]) : "", "n soft"), flagOf(i));
  for (const c of cells.children)
    c.setAttribute("role", "gridcell");
  row.append(cells);
  if (list.open.has(i))
    row.append(makeDetail(i));
  row.dataset.row = i;
  return row;
}

function draw() {
  const view = list.view, first = placeOf(view.scrollTop), rows = new Map();
  for (let n = Math.max(0, first - 4), y = topOf(n); n < list.shown.length && y < view.scrollTop + view.clientHeight + 4 * ROW; n++) {
    const i = list.shown[n], row = list.made.get(i) || makeRow(i);
    row.style.transform = "translateY(" + y + "px)";
    row.classList.toggle("cursor", i === list.cursor);
    row.setAttribute("aria-rowindex", n + 2);
    if (!list.made.has(i))
      list.space.append(row);
    rows.set(i, row);
    y += ROW;
    if (list.open.has(i)) {
      const height = row.offsetHeight - ROW;
      if (height !== list.open.get(i)) {
        list.open.set(i, height);
        findOpen();
        list.space.style.height = topOf(list.shown.length) + "px";
      }
      y += height;
    }
  }
  for (const [i, row] of list.made)
    if (!rows.has(i))
      row.remove();
  list.made = rows;
}

function redraw() {
  for (const row of list.made.values())
    row.remove();
  list.made = new Map();
  findOpen();
  list.space.style.height = topOf(list.shown.length) + "px";
  list.view.setAttribute("aria-rowcount", list.shown.length + 1);
  draw();
}

function placeOfRow(i) {
  if (list.places.has(i))
    return list.places.get(i);
  return list.shown.indexOf(i);
}

/* Move the cursor there, and have it in sight. */
function moveTo(n, center) {
  if (!list.shown.length)
    return;
  n = Math.max(0, Math.min(list.shown.length - 1, n));
  list.cursor = list.shown[n];
  findOpen();
  const top = topOf(n), view = list.view, height = ROW + (list.open.get(list.cursor) || 0);
  if (center)
    view.scrollTop = top - Math.max(0, (view.clientHeight - height) / 3);
  else if (top < view.scrollTop)
    view.scrollTop = top;
  else if (top + ROW > view.scrollTop + view.clientHeight)
    view.scrollTop = top + ROW - view.clientHeight;
  draw();
}

/* The address then leads here. */
function remember(i) {
  try {
    if (numberOf(i))
      history.replaceState(null, "", "#" + numberOf(i));
  } catch (e) { /* where the page has no address of its own */ }
}

function toggle(i, open) {
  const wanted = open === undefined ? !list.open.has(i) : open;
  if (wanted === list.open.has(i))
    return;
  if (wanted)
    list.open.set(i, 0);
  else
    list.open.delete(i);
  list.cursor = i;
  if (wanted)
    remember(i);
  redraw();
}

/* Show the message with this number, whatever the filter. False: it is not here. */
function goTo(no) {
  const i = rowOf(no);
  if (i < 0)
    return false;
  if (list.shown.indexOf(i) < 0) {
    document.getElementById("filter").value = "";
    applyFilter("");
  }
  toggle(i, true);
  list.cursor = i;
  findOpen();
  document.getElementById("exchanges").scrollIntoView({ block: "start" });
  moveTo(placeOfRow(i), true);
  list.view.focus({ preventScroll: true });
  return true;
}

function nextWrong(step) {
  const wanted = (i) => at.marks[i] & (BAD | ODD);
  for (let n = Math.max(-1, placeOfRow(list.cursor)) + step; n >= 0 && n < list.shown.length; n += step)
    if (wanted(list.shown[n])) {
      moveTo(n, true);
      return;
    }
}

function pressed(event) {
  const n = placeOfRow(list.cursor), page = Math.max(1, Math.floor(list.view.clientHeight / ROW) - 1);
  const moves = { ArrowDown: n + 1, j: n + 1, ArrowUp: n - 1, k: n - 1, PageDown: n + page, PageUp: n - page, Home: 0, g: 0, End: Infinity, G: Infinity };
  if (event.ctrlKey || event.metaKey || event.altKey)
    return;
  if (event.key in moves)
    moveTo(moves[event.key]);
  else if ((event.key === "Enter" || event.key === " ") && list.cursor >= 0 && event.target === list.view)
    toggle(list.cursor);
  else if (event.key === "n" || event.key === "N")
    nextWrong(event.key === "n" ? 1 : -1);
  else
    return;
  event.preventDefault();
}

function applyFilter(text) {
  const field = document.getElementById("filter"), found = document.getElementById("found");
  let pick;
  try {
    pick = compile(text);
  } catch (error) {
    field.classList.add("wrong");
    found.className = "wrong";
    found.textContent = error.message;
    return; /* what was shown stays */
  }
  field.classList.remove("wrong");
  found.className = "";
  const shown = new Uint32Array(count);
  let n = 0;
  for (let i = 0; i < count; i++)
    if (!pick || pick(i))
      shown[n++] = i;
  list.shown = shown.slice(0, n);
  sortShown();
  found.textContent = (pick ? thin(n) + " of " : "") + thin(count) + (count === 1 ? " row" : " rows");
  list.view.scrollTop = 0;
  redraw();
  for (const button of document.querySelectorAll("#quick button"))
    button.setAttribute("aria-pressed", String(button.dataset.filter === text));
}

function sortBy(name, heads) {
  list.down = list.sort === name ? !list.down : name === "latency_ns" || name === "marks";
  list.sort = name;
  heads.forEach((h) => h.parentElement.setAttribute("aria-sort", h.dataset.sort !== name ? "none" : list.down ? "descending" : "ascending"));
  applyFilter(document.getElementById("filter").value);
}

function makeList() {
  const grid = make("div", "grid"), head = make("div", "head"), heads = [];
  head.setAttribute("role", "row");
  for (const [title, key] of COLUMNS) {
    const holder = make("span"), button = make("button", "ns no latency_ns".includes(key) ? "n" : "", title || "!");
    holder.setAttribute("role", "columnheader");
    button.type = "button";
    button.dataset.sort = key;
    button.title = "sort by " + (title || "what is wrong");
    button.addEventListener("click", () => sortBy(key, heads));
    heads.push(button);
    holder.append(button);
    head.append(holder);
  }
  list.view = make("div", "view");
  list.space = make("div", "space");
  list.view.tabIndex = 0;
  list.view.setAttribute("role", "grid");
  list.view.setAttribute("aria-label", "Exchanges: arrows move, Enter unfolds, n and N go to what is wrong");
  list.view.append(list.space);
  grid.append(head, list.view);
  document.getElementById("list").append(grid, make("p", "aside", "Arrows, Home and End move; Enter unfolds; n and N go to the next and the last that something is wrong with; / to the filter. " +
    "The address then names the message, to be pasted. c and s: who asked, the client or the server."));
  list.view.addEventListener("scroll", draw, { passive: true });
  list.view.addEventListener("keydown", pressed);
  list.space.addEventListener("click", (event) => {
    const cells = event.target.closest(".cells");
    if (!cells || event.target.closest("a") || String(getSelection()))
      return;
    toggle(Number(cells.parentElement.dataset.row));
  });
  new ResizeObserver(draw).observe(list.view);
}
