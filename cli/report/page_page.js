/* The page as a whole: what is there once it has been read. */

const QUICK = [["all", ""], ["wrong", "wrong"], ["errors", "error"], ["no reply", "unanswered"], ["slow", "latency > 1ms"], ["without polls of events", "not event"],
               ["DMA", "command == DMA_MAP or command == DMA_UNMAP or address"], ["interrupts", "interrupt"]];

function makeQuick() {
  const box = document.getElementById("quick"), field = document.getElementById("filter");
  for (const [title, filter] of QUICK.filter(([t]) => t !== "without polls of events")) {
    const button = make("button", "", title);
    button.type = "button";
    button.dataset.filter = filter;
    button.addEventListener("click", () => { field.value = filter; applyFilter(filter); });
    box.append(button);
  }
}

function makeTools() {
  const box = make("div", "tools"), range = () => plots[0].graph.xAxisRange();
  const zoom = (by) => { const [a, b] = range(), middle = (a + b) / 2, half = (b - a) / 2 * by; showTime(middle - half, middle + half); };
  const pan = (by) => { const [a, b] = range(), d = (b - a) * by; showTime(a + d, b + d); };
  const add = (title, what, act) => {
    const button = make("button", "", title);
    button.type = "button";
    button.setAttribute("aria-label", what);
    button.title = what;
    button.addEventListener("click", act);
    box.append(button);
  };
  add("+", "zoom in", () => zoom(0.5));
  add("−", "zoom out", () => zoom(2));
  add("←", "earlier", () => pan(-0.4));
  add("→", "later", () => pan(0.4));
  add("all", "all of the time", () => showTime(...whole()));
  box.append(make("span", "aside", "drag to zoom, shift and drag to pan, double click for all; a click leads to the message"));
  const time = document.getElementById("time");
  time.insertBefore(box, time.querySelector(".plot"));
}

function makePlots() {
  if (typeof Dygraph === "undefined" || !count) {
    for (const id of ["time", "latency"]) {
      document.getElementById(id).remove();
      document.querySelector('nav a[href="#' + id + '"]').remove();
    }
    return;
  }
  withoutLegend();
  readColours();
  lanePlot();
  ratePlot();
  latencyPlot();
  dmaPlot();
  makeTools();
  const again = () => {
    readColours();
    for (const p of plots)
      p.graph.updateOptions({ axisLineColor: colours.line });
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  matchMedia("print").addEventListener("change", () => setTimeout(again));
}

/* #N is a message; any other name a part of the page. */
function follow() {
  const no = /^#([0-9]+)$/.exec(location.hash);
  return no !== null && goTo(Number(no[1]));
}

function start() {
  const field = document.getElementById("filter");
  load();
  makeList();
  makeQuick();
  document.documentElement.classList.add("js");
  applyFilter("");
  let wait = 0;
  field.addEventListener("input", () => { clearTimeout(wait); wait = setTimeout(() => applyFilter(field.value), 60); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape" || event.key === "ArrowDown")
      list.view.focus();
  });
  document.getElementById("search").addEventListener("submit", (event) => { event.preventDefault(); applyFilter(field.value); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && event.target !== field) {
      event.preventDefault();
      field.focus();
    }
  });
  window.addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.getAttribute("href") === location.hash && follow())
      event.preventDefault();
  });
  const then = location.hash;
  setTimeout(() => {
    makePlots();
    if (then)
      follow();
    document.documentElement.classList.add("ready");
  });
}

/* What can be read without it is painted first. */
requestAnimationFrame(() => setTimeout(start));
