/* Plots over time, by dygraphs: all show the same part of it. What they show is painted below its axes, as far as it is in sight. */
const plots = [];
let colours;

function readColours() {
  const style = getComputedStyle(document.documentElement);
  colours = {};
  for (const name of ["paper", "ink", "soft", "line", "field", "link", "bad", "gold", "blue", "teal", "violet", "fine"])
    colours[name] = style.getPropertyValue("--" + name).trim();
}

/* Its legend writes styles into marks, which the page's policy forbids; what is meant is told below each plot. */
function withoutLegend() {
  Dygraph.PLUGINS = Dygraph.PLUGINS.filter((p) => p !== Dygraph.Plugins.Legend);
}

const span = () => Math.max(data.lasted, 1000) / 1e9;
const whole = () => [-0.01 * span(), 1.01 * span()];

let syncing = false;
function showTime(from, to) {
  if (syncing)
    return;
  syncing = true;
  for (const p of plots) {
    const [a, b] = p.graph.xAxisRange();
    if (a !== from || b !== to)
      p.graph.updateOptions({ dateWindow: [from, to] });
  }
  syncing = false;
}

/* The first row at this time or later; rows come in that order but for a few. */
function firstAt(ns) {
  let low = 0, high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at.ns[middle] < ns)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/*
 * A plot with these ticks ({ v, label }, of 0 to `high`), painted by paint(context, area, x, y): x of seconds, y of a tick's v; near(seconds, v, seconds
 * a pixel) names the row that is meant there, or -1.
 */
function makePlot(id, height, high, ticks, paint, near) {
  const holder = document.getElementById(id);
  if (!holder)
    return null;
  const box = make("div"), hint = make("div", "hint"), plot = {};
  box.style.height = height + "px";
  box.style.width = "100%";
  holder.append(box, hint);
  const [from, to] = whole();
  plot.graph = new Dygraph(box, [[from, null], [to, null]], {
    labels: ["s", "v"], dateWindow: [from, to], valueRange: [0, high], legend: "never", highlightCircleSize: 0, drawGrid: false,
    axisLineColor: colours.line, axisLabelFontSize: 12, xRangePad: 0, animatedZooms: false,
    axes: { x: { drawAxis: true, axisLabelFormatter: (v) => String(Number(v.toPrecision(7))) + " s" },
            y: { axisLabelWidth: 108, ticker: () => ticks, independentTicks: true } },
    underlayCallback: (context, area, g) => {
      if (area.w < 2 || area.h < 2) /* while it gets another size */
        return;
      context.save();
      context.beginPath();
      context.rect(area.x, area.y, area.w, area.h);
      context.clip();
      paint(context, area, (s) => g.toDomXCoord(s), (v) => g.toDomYCoord(v), g.xAxisRange());
      context.restore();
    },
    drawCallback: (g, first) => { if (!first) showTime(...g.xAxisRange()); },
    zoomCallback: () => {},
  });
  /* A double click shows all of it again. */
  plot.graph.resetZoom = () => showTime(...whole());
  const meant = (event) => {
    const r = box.getBoundingClientRect(), range = plot.graph.xAxisRange(), area = plot.graph.getArea();
    if (!near || event.clientX - r.left < area.x)
      return -1;
    return near(plot.graph.toDataXCoord(event.clientX - r.left), plot.graph.toDataYCoord(event.clientY - r.top), (range[1] - range[0]) / area.w);
  };
  box.addEventListener("mousemove", (event) => {
    const i = meant(event);
    hint.textContent = i < 0 ? "" : line(i);
    box.style.cursor = i < 0 ? "" : "pointer";
  });
  box.addEventListener("mouseleave", () => { hint.textContent = ""; });
  let down = null;
  box.addEventListener("mousedown", (event) => { down = [event.clientX, event.clientY]; }, true);
  box.addEventListener("click", (event) => {
    const i = down && Math.abs(event.clientX - down[0]) < 3 ? meant(event) : -1;
    if (i >= 0 && numberOf(i))
      location.hash = "#" + numberOf(i);
  });
  plots.push(plot);
  return plot;
}

/* A row in a line. */
function line(i) {
  const no = numberOf(i);
  return (no ? "#" + no + "  " : "") + timeText(at.ns[i]) + " s  " + commandName(i) + "  " + whatText(i) +
    (at.reply_no[i] ? "  →  " + words[at.reply_said[i]] + "  (" + duration(at.latency_ns[i]) + ")" : "");
}

/* The nearest of those in sight that `fits`, within some pixels. */
function nearest(seconds, perPixel, fits) {
  const within = 6 * perPixel * 1e9, ns = seconds * 1e9;
  let best = -1, distance = within;
  for (let i = firstAt(ns - within); i < count && at.ns[i] <= ns + within; i++) {
    const d = Math.abs(at.ns[i] - ns);
    if (d <= distance && fits(i)) {
      best = i;
      distance = d;
    }
  }
  return best;
}

/* --- how long replies took --- */

function latencyPlot() {
  const isTimed = (i) => at.kind[i] === KIND.exchange && at.reply_no[i];
  let most = 1000, least = 1e9;
  for (let i = 0; i < count; i++)
    if (isTimed(i)) {
      most = Math.max(most, at.latency_ns[i]);
      least = Math.min(least, at.latency_ns[i]);
    }
  const LEAST = Math.max(0, Math.floor(Math.log10(Math.max(1, least)))), logOf = (ns) => Math.max(0, Math.log10(Math.max(ns, 1)) - LEAST);
  const high = Math.ceil(logOf(most) + 0.1), ticks = [];
  for (let v = 0; v <= high; v++)
    ticks.push({ v, label: duration(10 ** (v + LEAST)).replace(/\.0+/, "") });
  makePlot("plot-latency", 190, high, ticks, (c, area, x, y, range) => {
    c.fillStyle = colours.line;
    for (const tick of ticks)
      c.fillRect(area.x, Math.round(y(tick.v)), area.w, 1);
    const scale = area.w / (range[1] - range[0]), foot = y(0), rise = (y(0) - y(1));
    const wide = 3, paint = (wanted, colour, size) => {
      c.fillStyle = colour;
      for (let i = firstAt(range[0] * 1e9); i < count && at.ns[i] <= range[1] * 1e9; i++)
        if (isTimed(i) && wanted(at.marks[i]))
          c.fillRect(area.x + (at.ns[i] / 1e9 - range[0]) * scale - size / 2, foot - rise * logOf(at.latency_ns[i]) - size / 2, size, size);
    };
    c.globalAlpha = 0.55;
    paint((m) => !(m & (BAD | ODD)), colours.blue, wide - 1);
    c.globalAlpha = 1;
    paint((m) => m & ODD && !(m & BAD), colours.gold, wide + 1);
    paint((m) => m & BAD, colours.bad, wide + 1);
  }, (seconds, v, perPixel) => nearest(seconds, perPixel, (i) => isTimed(i) && Math.abs(logOf(at.latency_ns[i]) - v) < high / 20));
}

/* --- commands over time, and how many wait --- */

function ratePlot() {
  const BINS = 400, events = [];
  for (let i = 0; i < count; i++)
    if (at.kind[i] === KIND.exchange && !(at.marks[i] & MARK.no_reply)) {
      events.push([at.ns[i], 1]);
      if (at.reply_no[i])
        events.push([at.ns[i] + at.latency_ns[i], -1]);
    }
  events.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const levels = new Int32Array(events.length);
  let level = 0, most = 1;
  for (let k = 0; k < events.length; k++) {
    level += events[k][1];
    levels[k] = level;
    most = Math.max(most, level);
  }
  const ticks = [{ v: 0, label: "" }, { v: 0.42, label: "rate" }, { v: 1.0, label: most + " outstanding" }];
  makePlot("plot-rate", 130, 1.08, ticks, (c, area, x, y, range) => {
    const scale = area.w / (range[1] - range[0]), bins = new Uint32Array(BINS), wide = area.w / BINS;
    for (let i = firstAt(range[0] * 1e9); i < count && at.ns[i] <= range[1] * 1e9; i++)
      if (at.kind[i] !== KIND.event)
        bins[Math.min(BINS - 1, Math.floor((at.ns[i] / 1e9 - range[0]) * scale / wide))]++;
    const highest = Math.max(1, ...bins);
    c.fillStyle = colours.blue;
    c.globalAlpha = 0.5;
    for (let b = 0; b < BINS; b++)
      if (bins[b]) {
        const h = Math.max(1, (y(0) - y(1)) * 0.8 * bins[b] / highest);
        c.fillRect(area.x + b * wide, y(0) - h, Math.max(1, wide - 0.5), h);
      }
    c.globalAlpha = 1;
    c.strokeStyle = colours.gold;
    c.lineWidth = 1.4;
    c.beginPath();
    /* The highest of each pixel. */
    let last = -1, top = 0, before = 0;
    c.moveTo(area.x, y(0));
    for (let k = 0; k < events.length; k++) {
      const px = Math.floor((events[k][0] / 1e9 - range[0]) * scale);
      if (px < 0) {
        before = levels[k];
        continue;
      }
      if (px > area.w)
        break;
      if (px !== last) {
        if (last >= 0) {
          c.lineTo(area.x + last, y(top / most));
          c.lineTo(area.x + last, y(before / most));
        }
        c.lineTo(area.x + px, y(before / most));
        top = before;
      }
      top = Math.max(top, levels[k]);
      before = levels[k];
      last = px;
    }
    if (last >= 0)
      c.lineTo(area.x + last, y(top / most));
    c.lineTo(area.x + Math.max(last, 0), y(before / most));
    c.lineTo(area.x + area.w, y(before / most));
    c.stroke();
    c.fillStyle = colours.soft;
    c.font = "11px sans-serif";
    c.fillText("most: " + thin(highest) + " in " + duration(Math.round((range[1] - range[0]) / BINS * 1e9)), area.x + 6, area.y + 12);
  });
}
