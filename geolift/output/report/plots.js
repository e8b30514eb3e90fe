
// ---- plots: lines over time or over the gait cycle, as SVG ----------------------------------------------------------

const SIDES = ["left", "right", "middle"];
const HIGH = 158; // CSS pixels of a plot, and what its axes take
const EDGE = { left: 38, right: 10, top: 8, bottom: 22 };

function element(tag, attributes = {}, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

function html(tag, text = "", kind = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

// Round numbers from low to high, at most so many. Degrees go by 15, 30, 45 and 90 rather than by 20 and 50.
function ticks(low, high, most, unit) {
  const power = 10 ** Math.floor(Math.log10((high - low) / most));
  const steps = [1, 2, 5, 10, 20, 50].map((factor) => factor * power);
  if (unit === "°" && high - low > 10) steps.splice(0, Infinity, 1, 2, 5, 10, 15, 30, 45, 90, 180);
  const step = steps.find((one) => (high - low) / one <= most) ?? steps.at(-1);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step);
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  return found.map((value) => ({ value, text: value.toFixed(digits).replace("-", "−") }));
}

const said = (value, unit, digits = 1) =>
  Number.isFinite(value) ? `${value.toFixed(digits).replace("-", "−")}${unit === "°" ? "°" : ` ${unit}`}`.trim() : "–";

// Lowest and highest number of `values` that are finite, or null.
function reach(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

// A figure with a heading and a plot of lines {side, x, values, band}; x rises, `band` is to each side, or null.
class Plot {
  // across: what x is, in a word; at(side): x of the cursor, or null; pick(x): what a click does.
  constructor(place, { title, unit, lines, across, at, pick = null, marks = [] }) {
    Object.assign(this, { title, unit, lines, across, at, pick, marks, hovered: null });
    this.figure = html("figure", "", "plot");
    this.now = html("span", "", "now");
    this.tip = html("p", "", "tip");
    this.tip.hidden = true;
    const caption = html("figcaption");
    caption.append(html("b", title), this.now);
    this.svg = element("svg", { role: "img", height: HIGH, "aria-label": this.described() });
    this.figure.append(caption, this.svg, this.tip);
    place.append(this.figure);
    this.svg.addEventListener("pointermove", (event) => this.point(event.offsetX, event.offsetY));
    this.svg.addEventListener("pointerleave", () => this.point(null));
    this.svg.addEventListener("click", (event) => this.pick?.(this.value(event.offsetX)));
  }

  described() {
    const parts = this.lines.map(({ side, values }) => {
      const found = reach(values);
      const name = side === "middle" ? "" : `${side} `;
      return found ? `${name}${said(found[0], this.unit)} to ${said(found[1], this.unit)}` : `${name}not known`;
    });
    return `${this.title} over ${this.across}: ${parts.join(", ")}`;
  }

  // Values from `low` to `high` on the x axis, as wide as the figure is.
  draw([low, high]) {
    this.wide = Math.max(120, this.svg.clientWidth || 330);
    this.x = [low, Math.max(high, low + 1e-6)];
    this.y = this.span();
    this.svg.setAttribute("viewBox", `0 0 ${this.wide} ${HIGH}`);
    this.svg.replaceChildren();
    this.axes();
    const inside = {
      x: EDGE.left, y: EDGE.top, width: this.wide - EDGE.left - EDGE.right, height: HIGH - EDGE.top - EDGE.bottom,
    };
    this.inner = element("svg", { ...inside, viewBox: `${inside.x} ${inside.y} ${inside.width} ${inside.height}` });
    for (const { x, kind } of this.marks) if (x >= low && x <= high) this.inner.append(this.upright(x, kind));
    for (const line of this.lines) this.line(line);
    this.svg.append(this.inner);
    this.cursors = this.lines.map(({ side }) => this.upright(low, `${this.pick ? "" : side} cursor`));
    this.hover = this.upright(low, "hover");
    this.inner.append(...this.cursors, this.hover);
    this.move();
    this.point(null);
  }

  // What the y axis shows: all values, bands as far as as much again, 10 degrees at least.
  span() {
    const values = reach(this.lines.flatMap((line) => reach(line.values) ?? [])) ?? [0, 1];
    const far = 0.5 * (values[1] - values[0]);
    const banded = reach(this.lines.flatMap(({ values: v, band }) =>
      band ? reach(v.flatMap((value, i) => [value - band[i], value + band[i]])) ?? [] : [])) ?? values;
    let [low, high] = [Math.max(banded[0], values[0] - far), Math.min(banded[1], values[1] + far)];
    [low, high] = [Math.min(low, values[0]), Math.max(high, values[1])];
    const least = this.unit === "°" ? 10 : 1e-6;
    const more = Math.max(0.04 * (high - low), (least - (high - low)) / 2);
    return [low - more, high + more];
  }

  across_(value) {
    const [low, high] = this.x;
    return EDGE.left + ((value - low) / (high - low)) * (this.wide - EDGE.left - EDGE.right);
  }

  up(value) {
    const [low, high] = this.y;
    return HIGH - EDGE.bottom - ((value - low) / (high - low)) * (HIGH - EDGE.top - EDGE.bottom);
  }

  value(across) {
    const share = (across - EDGE.left) / (this.wide - EDGE.left - EDGE.right);
    return this.x[0] + clamp(share, 0, 1) * (this.x[1] - this.x[0]);
  }

  axes() {
    for (const { value, text } of ticks(...this.y, 5, this.unit)) {
      const y = this.up(value);
      const kind = Math.abs(value) < 1e-9 ? "zero" : "grid";
      this.svg.append(element("line", { class: kind, x1: EDGE.left, x2: this.wide - EDGE.right, y1: y, y2: y }));
      this.svg.append(element("text", { x: EDGE.left - 5, y: y + 4, "text-anchor": "end" }, text));
    }
    const most = Math.max(2, Math.floor(this.wide / 60));
    const marked = ticks(...this.x, most, this.across);
    marked.at(-1).text += this.across === "time" ? " s" : " %";
    for (const { value, text } of marked) {
      const x = this.across_(value), y = HIGH - EDGE.bottom;
      this.svg.append(element("line", { class: "grid", x1: x, x2: x, y1: y, y2: y + 4 }));
      const last = x > this.wide - EDGE.right - 12;
      const at = { x: last ? this.wide - 2 : x, y: HIGH - 5, "text-anchor": last ? "end" : "middle" };
      this.svg.append(element("text", at, text));
    }
  }

  upright(x, kind) {
    const at = this.across_(x);
    return element("line", { class: kind, x1: at, x2: at, y1: EDGE.top, y2: HIGH - EDGE.bottom });
  }

  // Lines break where a value is missing. Where there are more values than pixels, the extremes of each pixel are drawn.
  line({ side, x, values, band }) {
    const from = x.findIndex((value) => value >= this.x[0]), last = x.findLastIndex((value) => value <= this.x[1]);
    const [begin, end] = [Math.max(0, from - 1), Math.min(x.length - 1, last + 1)];
    const each = Math.max(1, Math.floor((end - begin + 1) / (2 * this.wide)));
    let path = "", bands = "", upper = [], lower = [], drawing = false;
    const close = () => {
      if (upper.length > 1) bands += `M${upper.join("L")}L${lower.reverse().join("L")}Z`;
      [upper, lower] = [[], []];
    };
    for (let i = begin; i <= end; i += each) {
      const some = [];
      for (let k = i; k < Math.min(i + each, end + 1); k++) if (Number.isFinite(values[k])) some.push(k);
      if (!some.length) {
        drawing = false;
        close();
        continue;
      }
      const extremes = some.length < 3 ? some : [
        some.reduce((a, b) => (values[b] < values[a] ? b : a)), some.reduce((a, b) => (values[b] > values[a] ? b : a)),
      ].sort((a, b) => a - b);
      for (const k of extremes) {
        path += `${drawing ? "L" : "M"}${this.across_(x[k]).toFixed(1)} ${this.up(values[k]).toFixed(1)}`;
        drawing = true;
      }
      if (extremes.length === 1 && !Number.isFinite(values[some[0] + 1]) && !Number.isFinite(values[some[0] - 1])) {
        path += "h1.5"; // a value between two that are missing
      }
      if (!band || !Number.isFinite(band[some[0]])) {
        close();
        continue;
      }
      const [k, at] = [some[0], this.across_(x[some[0]]).toFixed(1)];
      upper.push(`${at} ${this.up(values[k] + band[k]).toFixed(1)}`);
      lower.push(`${at} ${this.up(values[k] - band[k]).toFixed(1)}`);
    }
    close();
    if (bands && $("bands").checked) this.inner.append(element("path", { class: `${side} band`, d: bands }));
    this.inner.append(element("path", { class: `${side} line`, d: path }));
  }

  // The cursors and the values at them; a cursor that is outside is not drawn.
  move() {
    const parts = this.lines.map((line, i) => {
      const at = this.at(line.side), inside = at !== null && at >= this.x[0] && at <= this.x[1];
      this.cursors[i].setAttribute("visibility", inside ? "visible" : "hidden");
      if (inside) for (const end of ["x1", "x2"]) this.cursors[i].setAttribute(end, this.across_(at));
      return at === null ? "" : this.read(line, at);
    });
    this.now.textContent = parts.filter(Boolean).join(" · ");
  }

  read({ side, x, values, band }, at) {
    const i = nearest(x, at);
    const name = side === "middle" ? "" : `${side} `;
    const sure = band && Number.isFinite(values[i]) && Number.isFinite(band[i]) ? ` ± ${band[i].toFixed(1)}` : "";
    return Number.isFinite(values[i]) ? `${name}${said(values[i], "")}${sure}${this.unit}` : `${name}–`;
  }

  point(across, down) {
    const inside = across !== null && across >= EDGE.left - 4;
    this.hover.setAttribute("visibility", inside ? "visible" : "hidden");
    this.tip.hidden = !inside;
    if (!inside) return;
    const x = this.lines[0].x[nearest(this.lines[0].x, this.value(across))];
    for (const end of ["x1", "x2"]) this.hover.setAttribute(end, this.across_(x));
    const where = this.across === "time" ? `${x.toFixed(2)} s` : `${Math.round(x)} %`;
    this.tip.textContent = [where, ...this.lines.map((line) => this.read(line, x))].join("\n");
    this.tip.style.left = `${across < this.wide / 2 ? across + 18 : Math.max(0, across - 12 - this.tip.offsetWidth)}px`;
    this.tip.style.top = `${clamp(down, 10, HIGH - 50)}px`;
  }
}

// The index of the number nearest to `at` in numbers that rise.
function nearest(x, at) {
  let [low, high] = [0, x.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (x[middle] > at) high = middle;
    else low = middle;
  }
  return Math.abs(x[high] - at) < Math.abs(x[low] - at) ? high : low;
}
