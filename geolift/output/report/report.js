
// ---- the report -----------------------------------------------------------------------------------------------------

const more = JSON.parse($("more").textContent);
const wholes = decode("series"), bandWholes = decode("series_bands");
let who = 0; // of `more.people`
let plots = [];

// The numbers of a series as `series.packed` packs them.
function unpacked(whole, { at, count, origin, step }) {
  const values = new Array(count);
  for (let i = 0; i < count; i++) values[i] = whole[at + i] === MISSING ? NaN : origin + step * whole[at + i];
  return values;
}

function lineOf(series) {
  const { first: begin, count } = series;
  const x = Array.from({ length: count }, (_, i) => (begin + i) / more.fps);
  return { side: series.side, x, values: unpacked(wholes, series), band: series.band && unpacked(bandWholes, series.band) };
}

// Lines of one name, in the order in which names come.
function grouped(list, make) {
  const groups = new Map();
  for (const one of list) {
    if (!groups.has(one.name)) groups.set(one.name, { title: one.name, unit: one.unit, lines: [] });
    groups.get(one.name).lines.push(make(one));
  }
  return [...groups.values()];
}

// What of the video time plots show: all, or as many seconds as chosen, turned over like pages.
function shownTime() {
  const length = Number($("time-shown").value), all = (frames - 1) / more.fps;
  if (!length || length >= all) return [0, all];
  const page = Math.floor(state.frame / more.fps / length);
  return [page * length, (page + 1) * length];
}

// Per cent of the cycle of a side that the current frame is in, or null.
function inCycle(side) {
  const cycle = more.people[who].cycle_frames[side].find(([begin, end]) => begin <= state.frame && state.frame < end);
  return cycle ? (100 * (state.frame - cycle[0])) / (cycle[1] - cycle[0]) : null;
}

function timePlots(person) {
  const marks = SIDES.slice(0, 2).flatMap((side) => ["strike", "off"].flatMap((event) =>
    person.events[side][event].map((frame) => ({ x: frame / more.fps, kind: `${side} ${event}` }))));
  const at = () => state.frame / more.fps;
  const pick = (time) => {
    play(false);
    go(Math.round(time * more.fps));
  };
  for (const group of grouped(person.series, lineOf)) {
    plots.push(new Plot($("times"), { ...group, across: "time", at, pick, marks }));
  }
  $("marks-hint").hidden = !marks.length;
}

const PERCENT = Array.from({ length: 101 }, (_, i) => i);

function cyclePlots(person) {
  $("cycles-box").hidden = !person.cycles.length;
  const numbers = (list) => list.map((value) => value ?? NaN);
  const line = ({ side, mean, spread }) => ({ side, x: PERCENT, values: numbers(mean), band: numbers(spread) });
  const marks = SIDES.slice(0, 2).filter((side) => person.toe_off[side] !== null)
    .map((side) => ({ x: person.toe_off[side], kind: `${side} off` }));
  for (const group of grouped(person.cycles, line)) {
    plots.push(new Plot($("cycles"), { ...group, across: "the gait cycle", at: inCycle, marks }));
  }
  const tenths = PERCENT.filter((percent) => percent % 10 === 0);
  fill($("cycle-table"), {
    columns: ["", "cycles", ...tenths.map((percent) => `${percent} %`)],
    rows: person.cycles.map(({ name, unit, side, mean, count }) => [
      `${name}, ${side}`, String(count), ...tenths.map((percent) => said(mean[percent] ?? NaN, unit)),
    ]),
  });
}

// A table of text; a column whose heading ends in ":" holds sentences.
function fill(table, { columns, rows }) {
  const sentences = columns.map((name) => name.endsWith(":"));
  const cell = (tag, text, scope, kind) => {
    const made = html(tag, text, kind);
    if (scope) made.scope = scope;
    return made;
  };
  const [head, body, line] = [html("thead"), html("tbody"), html("tr")];
  line.append(...columns.map((name, i) => cell("th", name.replace(/:$/, ""), "col", sentences[i] ? "text" : "")));
  head.append(line);
  body.append(...rows.map((row) => {
    const made = html("tr");
    made.append(...row.map((text, i) => cell(i ? "td" : "th", text, i ? "" : "row", sentences[i] ? "text" : "")));
    return made;
  }));
  table.replaceChildren(head, body);
}

function showPerson() {
  const person = more.people[who];
  for (const id of ["times", "cycles"]) $(id).replaceChildren();
  plots = [];
  $("measures-title").textContent = person.measures.rows.length ? "Gait" : "View";
  $("view").textContent = person.view;
  $("measures").hidden = !person.measures.rows.length;
  fill($("measures"), person.measures);
  fill($("ranges"), person.ranges);
  cyclePlots(person);
  timePlots(person);
  drawPlots();
}

let drawnTime = "";

function drawPlots() {
  const time = shownTime();
  drawnTime = time.join();
  for (const plot of plots) plot.draw(plot.across === "time" ? time : [0, 100]);
}

function openReport() {
  $("top").append($("about"));
  $("notes-box").open = true;
  for (const item of $("notes").children) if (item.textContent.startsWith("warning:")) item.className = "warning";
  $("who").replaceChildren(...more.people.map(({ person: index }, i) => {
    const option = html("option", shortened(header.people[index], 60));
    option.value = i;
    return option;
  }));
  $("who-box").hidden = more.people.length < 2;
  $("who").addEventListener("change", () => {
    who = Number($("who").value);
    showPerson();
  });
  for (const id of ["time-shown", "bands"]) $(id).addEventListener("change", drawPlots);
  document.addEventListener("drawn", () => {
    if (shownTime().join() !== drawnTime) drawPlots();
    else for (const plot of plots) plot.move();
  });
  let wide = 0;
  new ResizeObserver(() => {
    if ($("report").clientWidth === wide) return;
    wide = $("report").clientWidth;
    drawPlots();
  }).observe($("report"));
  showPerson();
}

openReport();
