/* The time line: a lane for each connection's regions, its other commands, DMA and interrupts; and the DMA map. */
const LANE = 20, LANES_MOST = 40;

function lanesOf() {
  const lanes = [], byKey = new Map(), of = new Uint8Array(count), conns = new Set();
  const kinds = ["commands", "DMA by message", "interrupts", "ioeventfds", "events"];
  const keyOf = (i) => {
    const conn = at.conn[i];
    if (at.kind[i] === KIND.event) {
      const name = data.events[at.command[i]];
      return [conn, name === "interrupt" ? 302 : name === "ioeventfd" ? 303 : 304];
    }
    return [conn, at.region[i] < GUEST ? at.region[i] : at.region[i] === GUEST || FIELDS.from(i) ? 301 : 300];
  };
  for (let i = 0; i < count; i++) {
    const [conn, kind] = keyOf(i), key = conn + "/" + kind;
    if (!byKey.has(key)) {
      byKey.set(key, { conn, kind });
      conns.add(conn);
    }
  }
  const sorted = [...byKey.entries()].sort(([, a], [, b]) => a.conn - b.conn || a.kind - b.kind);
  sorted.forEach(([, lane], n) => {
    lane.number = Math.min(n, LANES_MOST - 1);
    if (n < LANES_MOST)
      lanes.push({ label: (conns.size > 1 && lane.conn ? lane.conn + ": " : "") + (lane.kind < 300 ? regionName(lane.kind) : kinds[lane.kind - 300]), kind: lane.kind });
  });
  for (let i = 0; i < count; i++) {
    const [conn, kind] = keyOf(i);
    of[i] = byKey.get(conn + "/" + kind).number;
  }
  if (sorted.length > LANES_MOST)
    lanes[LANES_MOST - 1].label = "others";
  return { lanes, of };
}

function lanePlot() {
  const { lanes, of } = lanesOf(), n = lanes.length;
  const ticks = lanes.map((lane, k) => ({ v: n - k - 0.5, label: lane.label }));
  const colourOf = (kind) => kind === 301 ? colours.teal : kind === 302 ? colours.violet : kind === 303 ? colours.gold : kind === 304 ? colours.soft : colours.blue;
  makePlot("plot-time", n * LANE + 34, n, ticks, (c, area, x, y, range) => {
    const width = Math.ceil(area.w) + 1, scale = area.w / (range[1] - range[0]);
    const counts = new Uint16Array(n * width), marks = new Uint8Array(n * width);
    for (let i = Math.max(0, firstAt(range[0] * 1e9) - 2000); i < count && at.ns[i] <= range[1] * 1e9; i++) {
      const from = Math.floor((at.ns[i] / 1e9 - range[0]) * scale);
      const to = Math.min(width - 1, at.reply_no[i] && at.kind[i] === KIND.exchange ? Math.floor(((at.ns[i] + at.latency_ns[i]) / 1e9 - range[0]) * scale) : from);
      if (to < 0)
        continue;
      for (let px = Math.max(0, from); px <= to; px++)
        if (counts[of[i] * width + px] < 65535)
          counts[of[i] * width + px]++;
      const bad = badness(i), px = Math.max(0, from);
      if (bad > marks[of[i] * width + px])
        marks[of[i] * width + px] = bad;
    }
    for (let k = 0; k < n; k++) {
      const top = y(n - k) + 3, high = y(n - k - 1) - y(n - k) - 6;
      c.fillStyle = colours.field;
      c.globalAlpha = 1;
      c.fillRect(area.x, top, area.w, high);
      c.fillStyle = colourOf(lanes[k].kind);
      for (let px = 0; px < width; px++) {
        const many = counts[k * width + px];
        if (!many)
          continue;
        c.globalAlpha = Math.min(1, 0.45 + 0.12 * Math.log2(many));
        c.fillRect(area.x + px, top, 1.2, high);
      }
    }
    c.globalAlpha = 1;
    for (let k = 0; k < n; k++)
      for (let px = 0; px < width; px++) {
        const bad = marks[k * width + px];
        if (!bad)
          continue;
        const top = y(n - k) + 1;
        c.fillStyle = bad > 1 ? colours.bad : colours.gold;
        c.beginPath();
        c.moveTo(area.x + px - 4, top);
        c.lineTo(area.x + px + 4, top);
        c.lineTo(area.x + px, top + 7);
        c.fill();
      }
  }, (seconds, v, perPixel) => {
    const lane = n - 1 - Math.floor(v), bad = nearest(seconds, perPixel, (i) => of[i] === lane && badness(i));
    return bad >= 0 ? bad : nearest(seconds, perPixel, (i) => of[i] === lane);
  });
}

/* --- the DMA map --- */

function dmaPlot() {
  const MOST = 64, places = new Map();
  const maps = data.maps.map(([address, size, from, to, no, unmap, conn, bits]) =>
    ({ address: BigInt(address), size: BigInt(size), from, to: unmap || bits & 16 ? to : data.lasted, no, unmap, conn, bits }));
  for (const m of maps)
    places.set(m.address + "/" + m.size, m);
  const sorted = [...places.values()].sort((a, b) => a.address < b.address ? 1 : a.address > b.address ? -1 : Number(b.size - a.size));
  const lanes = new Map(), n = Math.min(MOST, sorted.length);
  if (!n)
    return;
  sorted.forEach((m, k) => lanes.set(m.address + "/" + m.size, Math.min(MOST - 1, k)));
  const high = Math.max(6, Math.min(LANE, Math.floor(420 / n))), every = Math.ceil(14 / high), ticks = [];
  for (let k = 0; k < n; k += every)
    ticks.push({ v: n - k - 0.5, label: hex(sorted[k].address) });
  for (const m of maps)
    m.lane = lanes.get(m.address + "/" + m.size);
  const moved = [];
  for (let i = 0; i < count; i++)
    if (at.region[i] === GUEST)
      moved.push(i);
  const laneAt = (address) => {
    const m = sorted.find((s) => BigInt(address) >= s.address && BigInt(address) < s.address + s.size);
    return m ? m.lane : -1;
  };
  const known = new Map(), laneOf = (i) => {
    if (!known.has(at.offset[i]))
      known.set(at.offset[i], laneAt(at.offset[i]));
    return known.get(at.offset[i]);
  };
  makePlot("plot-dma", n * high + 34, n, ticks, (c, area, x, y, range) => {
    for (const m of maps) {
      const left = Math.max(area.x - 2, x(m.from / 1e9)), right = Math.min(area.x + area.w + 2, x(m.to / 1e9)), top = y(n - m.lane);
      const rise = Math.max(1, y(n - m.lane - 1) - top - 2);
      if (right < area.x || left > area.x + area.w)
        continue;
      c.globalAlpha = m.bits & 8 ? 1 : 0.6;
      c.fillStyle = m.bits & 8 ? colours.bad : m.bits & 4 ? colours.teal : colours.gold;
      c.fillRect(left, top + 1, Math.max(m.bits & 8 ? 3 : 1.5, right - left), m.bits & 8 ? Math.min(3, rise) : rise);
      c.globalAlpha = 1;
    }
    c.fillStyle = colours.ink;
    for (const i of moved) {
      const lane = at.ns[i] >= range[0] * 1e9 && at.ns[i] <= range[1] * 1e9 ? laneOf(i) : -1;
      if (lane >= 0)
        c.fillRect(x(at.ns[i] / 1e9), y(n - lane) + 2, 1, Math.max(1, y(n - lane - 1) - y(n - lane) - 4));
    }
  }, (seconds, v) => {
    const lane = n - 1 - Math.floor(v), ns = seconds * 1e9, m = maps.find((k) => k.lane === lane && ns >= k.from && ns <= k.to);
    return m ? rowOf(m.no) : -1;
  });
}
