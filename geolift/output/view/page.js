"use strict";
// Shows one result. 3D is in camera axes, x right, y down, z forward: just as a canvas has x and y, so that the view
// without any turn looks along z and is the photo's; or in level axes, where y is down along gravity and 0 on the floor. Text of the result becomes text nodes, never markup.

const $ = (id) => document.getElementById(id);
const header = JSON.parse($("header").textContent);
const MISSING = -32768; // as in page.py
const FILLED = -1;
const TYPES = { int8: Int8Array, int16: Int16Array, int32: Int32Array, float32: Float32Array };

function decode(name) {
  const text = atob($(name).textContent);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new TYPES[header.types[name]](bytes.buffer);
}

// Coordinates of rows of joints as `page.quantize` packs them.
class Packed {
  constructor(name, dimensions) {
    this.whole = decode(name);
    this.origin = decode(name + "_origin");
    this.step = decode(name + "_step");
    this.dimensions = dimensions;
  }

  // The coordinates of a joint, or null where it is missing.
  get(row, joint) {
    const d = this.dimensions;
    const at = (row * header.joints.length + joint) * d;
    if (this.whole[at] === MISSING) return null;
    const point = [];
    for (let k = 0; k < d; k++) point.push(this.origin[row * d + k] + this.step[row] * this.whole[at + k]);
    return point;
  }
}

const points = new Packed("points", 3);
const keypoints = new Packed("keypoints", 2);
const position = decode("position");
const beside = decode("beside");
const given = (name) => $(name) && decode(name); // null where the result does not have it
const scenes = {
  beside: decode("scenes_beside"), placed: given("scenes_placed"),
  beside_level: given("scenes_beside_level"), placed_level: given("scenes_placed_level"),
};
const level = given("level"), azimuth = given("azimuth"); // of each frame: camera to level axes, where its camera looks
const contact = given("contact"), uncertainty = given("uncertainty");
const confidence = decode("confidence");
const planes = decode("planes");
const person = decode("person");
const joints = header.joints.length;
const bones = header.parents.flatMap((parent, child) => (parent < 0 ? [] : [[parent, child]]));
const frames = header.frames.length;
const rows = person.length;

// The rows of frame f are first[f] to first[f + 1] - 1.
const first = new Int32Array(frames + 1);
for (const frame of decode("frame")) first[frame + 1]++;
for (let f = 0; f < frames; f++) first[f + 1] += first[f];

const unit = header.units === "m" ? " m" : "";
const several = header.people.length > 1;
const state = {
  frame: 0, playing: false, hidden: new Set(), pointed: null,
  yaw: 0, pitch: 0, zoom: 1, moved: [0, 0], // radians, factor, CSS pixels
};
const choice = {
  speed: $("speed"), lens: $("lens"), place: $("place"), colours: $("colours"), ground: $("ground"), axes: $("axes"),
  contacts: $("contacts"), unsure: $("unsure"),
};

// ---- colours --------------------------------------------------------------------------------------------------------

const dark = matchMedia("(prefers-color-scheme: dark)");
let theme = {};

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["panel", "text", "dim", "line", "grid", "shadow", "plane", "accent"]) {
    theme[name] = style.getPropertyValue("--" + name).trim();
  }
}

// One hue each, far from those before it.
const hue = (who) => (255 + 137.508 * who) % 360;

// side: 1 the person's left, -1 right, 0 middle.
function colour(who, side) {
  if (choice.colours.value === "side") {
    if (side === 0) return dark.matches ? "oklch(0.8 0.01 260)" : "oklch(0.38 0.02 260)";
    return side > 0 ? `oklch(${dark.matches ? 0.72 : 0.58} 0.16 255)` : `oklch(${dark.matches ? 0.78 : 0.7} 0.165 55)`;
  }
  const [light, chroma] = dark.matches
    ? { 1: [0.84, 0.13], 0: [0.7, 0.07], [-1]: [0.54, 0.16] }[side]
    : { 1: [0.7, 0.17], 0: [0.56, 0.08], [-1]: [0.4, 0.14] }[side];
  return `oklch(${light} ${chroma} ${hue(who)})`;
}

// ---- panels ---------------------------------------------------------------------------------------------------------

const MOST_NAMED = 8; // of more people in a frame only the one that is pointed at is named

// A canvas in CSS pixels, whatever the density of the screen.
class Panel {
  constructor(id) {
    this.canvas = $(id);
    this.tip = $(id + "-tip");
    this.pen = this.canvas.getContext("2d");
    this.drawn = []; // joints as {x, y, row, joint}
    new ResizeObserver(() => this.fit()).observe(this.canvas);
    this.canvas.addEventListener("pointermove", (event) => point(this, event));
    this.canvas.addEventListener("pointerleave", () => point(this, null));
  }

  fit() {
    const density = devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.canvas.width = Math.max(1, Math.round(width * density));
    this.canvas.height = Math.max(1, Math.round(height * density));
    show();
  }

  clear() {
    const density = devicePixelRatio || 1;
    this.width = this.canvas.width / density;
    this.height = this.canvas.height / density;
    this.pen.setTransform(density, 0, 0, density, 0, 0);
    this.pen.lineCap = "butt";
    this.pen.fillStyle = this.back = theme.panel;
    this.pen.fillRect(0, 0, this.width, this.height);
    this.drawn = [];
  }

  // Draws people, the nearest last. Each is {row, at}; `at` has {x, y, depth, width} for a joint, or null.
  figures(people) {
    const strokes = [];
    for (const { row, at } of people) {
      const nearest = at.map((a) => a && a.depth); // of a joint and its bones: it is drawn after them
      for (const [parent, child] of bones) {
        const a = at[parent], b = at[child];
        if (!a || !b) continue;
        const guess = unseen(row, parent) || unseen(row, child);
        const depth = (a.depth + b.depth) / 2;
        strokes.push({ depth, a, b, row, joint: child, guess });
        for (const end of [parent, child]) nearest[end] = Math.min(nearest[end], depth);
      }
      at.forEach((a, joint) => {
        if (!a) return;
        strokes.push({ depth: nearest[joint], a, row, joint, guess: unseen(row, joint) });
        this.drawn.push({ x: a.x, y: a.y, row, joint });
      });
    }
    for (const stroke of strokes) if (stroke.b) this.halo(stroke);
    strokes.sort((one, other) => other.depth - one.depth || Boolean(other.b) - Boolean(one.b));
    for (const stroke of strokes) (stroke.b ? this.bone(stroke) : this.joint(stroke));
    const { pointed } = state;
    for (const { row, at } of people) {
      if (several && (people.length <= MOST_NAMED || row === pointed?.row)) this.name(row, at);
    }
    const marked = pointed && this.drawn.find((one) => one.row === pointed.row && one.joint === pointed.joint);
    if (marked) {
      this.pen.lineWidth = 2;
      this.pen.strokeStyle = theme.accent;
      this.circle(marked.x, marked.y, 9);
      this.pen.stroke();
    }
  }

  // How far off a bone may be, to each side; the wider, the fainter.
  halo({ a, b, row, joint }) {
    if (!a.unsure && !b.unsure) return;
    const { pen } = this;
    pen.lineCap = "round";
    pen.strokeStyle = colour(person[row], header.sides[joint]);
    pen.globalAlpha = 0.3 * Math.min(a.sure, b.sure);
    pen.lineWidth = a.unsure + b.unsure;
    this.line(a, b);
    pen.globalAlpha = 1;
  }

  bone({ a, b, row, joint, guess }) {
    const { pen } = this;
    const width = (a.width + b.width) / 2;
    const between = (part) => ({ x: a.x + part * (b.x - a.x), y: a.y + part * (b.y - a.y) });
    pen.lineCap = "butt";
    pen.strokeStyle = this.back; // an edge, so that the nearer of two crossing limbs is seen
    pen.lineWidth = width + 3;
    this.line(between(0.15), between(0.85));
    pen.lineCap = guess ? "butt" : "round";
    pen.strokeStyle = colour(person[row], header.sides[joint]);
    pen.lineWidth = guess ? Math.max(1.5, 0.6 * width) : width;
    pen.setLineDash(guess ? [5, 4] : []);
    pen.globalAlpha = Math.min(a.sure ?? 1, b.sure ?? 1);
    this.line(a, b);
    pen.globalAlpha = 1;
    pen.setLineDash([]);
  }

  joint({ a, row, joint, guess }) {
    const { pen } = this;
    this.circle(a.x, a.y, guess ? Math.max(2.5, 0.75 * a.width) : 0.8 * a.width);
    pen.fillStyle = guess ? this.back : colour(person[row], header.sides[joint]);
    pen.fill();
    if (guess) {
      pen.strokeStyle = colour(person[row], header.sides[joint]);
      pen.lineWidth = 1.8;
      pen.stroke();
    }
  }

  name(row, at) {
    const there = at.filter(Boolean);
    if (!there.length) return;
    const top = at[header.head] || there.reduce((high, a) => (a.y < high.y ? a : high));
    this.label(shortened(header.people[person[row]], 24), top.x, top.y - 9 - top.width, colour(person[row], 1));
  }

  label(text, x, y, fill, align = "center") {
    const { pen } = this;
    pen.font = "12px system-ui, 'DejaVu Sans', sans-serif";
    pen.textAlign = align;
    pen.lineWidth = 3;
    pen.lineJoin = "round";
    pen.strokeStyle = this.back;
    pen.strokeText(text, x, y);
    pen.fillStyle = fill;
    pen.fillText(text, x, y);
  }

  circle(x, y, radius) {
    this.pen.beginPath();
    this.pen.arc(x, y, radius, 0, 2 * Math.PI);
  }

  line(a, b) {
    this.pen.beginPath();
    this.pen.moveTo(a.x, a.y);
    this.pen.lineTo(b.x, b.y);
    this.pen.stroke();
  }
}

const unseen = (row, joint) => confidence[row * joints + joint] <= 0;
const shortened = (text, most) => (text.length > most ? text.slice(0, most - 1) + "…" : text);

// The rows of the current frame.
function present() {
  const [from, to] = first.subarray(state.frame, state.frame + 2);
  return Array.from({ length: to - from }, (_, i) => from + i);
}

// Of them those of people who are not hidden.
const visible = () => present().filter((row) => !state.hidden.has(person[row]));

// ---- 2D -------------------------------------------------------------------------------------------------------------

function drawFlat() {
  flat.clear();
  const at = planes.length > 4 ? 4 * state.frame : 0;
  const [left, top, right, bottom] = planes.subarray(at, at + 4);
  const scale = 0.95 * Math.min(flat.width / (right - left), flat.height / (bottom - top));
  const x0 = (flat.width - scale * (right - left)) / 2, y0 = (flat.height - scale * (bottom - top)) / 2;
  flat.pen.fillStyle = flat.back = theme.plane;
  flat.pen.fillRect(x0, y0, scale * (right - left), scale * (bottom - top));
  if (header.known_size) {
    flat.pen.strokeStyle = theme.line;
    flat.pen.lineWidth = 1;
    flat.pen.strokeRect(x0, y0, scale * (right - left), scale * (bottom - top));
  }
  flat.figures(visible().map((row) => {
    const pixels = header.joints.map((_, joint) => keypoints.get(row, joint));
    const there = pixels.filter(Boolean).map(([, y]) => y);
    const width = clamp(0.02 * scale * (Math.max(...there) - Math.min(...there)), 1.5, 5);
    return {
      row,
      at: pixels.map((p) => p && { x: x0 + scale * (p[0] - left), y: y0 + scale * (p[1] - top), depth: 0, width }),
    };
  }));
  $("plane").textContent = header.known_size
    ? `· image ${right} × ${bottom} px`
    : "· image size unknown, as far as keypoints reach";
}

// ---- 3D -------------------------------------------------------------------------------------------------------------

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const radians = (degrees) => (degrees * Math.PI) / 180;

const LENS = 4; // distance of the eye in half extents of the scene
const NEAREST = 0.05; // of that distance; what is nearer is not drawn

const isLevel = () => level !== null && choice.axes.value === "world";

// What the current frame is shown in: centre and half extents, and the y of the ground.
function scene() {
  const all = scenes[choice.place.value + (isLevel() ? "_level" : "")];
  const at = all.length > 7 ? 7 * state.frame : 0;
  return { centre: all.subarray(at, at + 3), half: all.subarray(at + 3, at + 6), ground: all[at + 6] };
}

// The view for this draw: `see` takes a point of the scene to {x, y, depth, width} on the canvas, or null.
function look() {
  const { centre, half } = scene();
  const wide = Math.hypot(half[0], half[2]);
  const across = Math.max(half[0], 0.7 * wide), high = Math.hypot(half[1], 0.5 * wide); // room for some turning, too
  const distance = LENS * Math.max(wide, half[1]);
  const perspective = choice.lens.value === "perspective";
  const nearer = perspective ? 1 - half[2] / distance : 1; // the share by which the nearest are not to be enlarged
  const scale = 0.86 * state.zoom * nearer * Math.min(space.width / across, space.height / high) / 2;
  const [cy, sy, cp, sp] = [Math.cos(state.yaw), Math.sin(state.yaw), Math.cos(state.pitch), Math.sin(state.pitch)];
  const x0 = space.width / 2 + state.moved[0], y0 = space.height / 2 + state.moved[1];

  // Turned about the vertical by yaw, then tipped by pitch; the origin is the centre of the scene.
  const turn = ([x, y, z]) => {
    const [right, down, ahead] = [x - centre[0], y - centre[1], z - centre[2]];
    const far = sy * right + cy * ahead;
    return [cy * right - sy * ahead, cp * down - sp * far, sp * down + cp * far];
  };
  const project = ([x, y, depth], size) => {
    const zoom = perspective ? distance / (distance + depth) : 1;
    const width = clamp(0.036 * size * scale * zoom, 1.5, 16);
    return { x: x0 + scale * zoom * x, y: y0 + scale * zoom * y, depth, width, unit: scale * zoom };
  };
  const near = perspective ? (NEAREST - 1) * distance : -Infinity;
  const see = (point, size = 0) => {
    const turned = turn(point);
    return turned[2] > near ? project(turned, size) : null;
  };
  // The part of a straight line before the eye, [a, b], or null.
  const seeLine = (from, to) => {
    let [a, b] = [turn(from), turn(to)];
    if (a[2] > b[2]) [a, b] = [b, a];
    if (b[2] <= near) return null;
    if (a[2] <= near) {
      const part = (near - a[2]) / (b[2] - a[2]) + 1e-6;
      a = a.map((value, k) => value + part * (b[k] - value));
    }
    return [project(a, 0), project(b, 0)];
  };
  return { see, seeLine };
}

// Where a row's joints are in the scene, or null for a person whose position is unknown.
function located(row) {
  const placed = choice.place.value === "placed";
  const before = placed ? position.subarray(3 * row, 3 * row + 3) : [0, 0, 0];
  const after = placed ? [0, 0, 0] : [beside[row], 0, 0];
  const turn = isLevel() ? level.subarray(12 * state.frame, 12 * state.frame + 12) : null; // [3, 4]
  if (!before.every(Number.isFinite) || (turn && !Number.isFinite(turn[0]))) return null;
  return header.joints.map((_, joint) => {
    const point = points.get(row, joint)?.map((value, k) => value + before[k]);
    if (!point) return null;
    if (!turn) return point.map((value, k) => value + after[k]);
    return after.map((shift, i) => {
      const [x, y, z, moved] = turn.subarray(4 * i, 4 * i + 4);
      return x * point[0] + y * point[1] + z * point[2] + (placed ? moved : 0) + shift;
    });
  });
}

// Half of a person's height, about: by which bones are drawn thick.
function size(body) {
  const there = body.filter(Boolean);
  let largest = 0;
  for (let k = 0; k < 3; k++) {
    const values = there.map((point) => point[k]);
    largest = Math.max(largest, Math.max(...values) - Math.min(...values));
  }
  return largest / 2;
}

function gridStep() {
  const { half } = scene();
  const rough = Math.max(...half) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough * 0.999);
}

// The floor in level axes where it is known. Else under the feet, in camera axes level with the camera.
function drawGround(view) {
  const { centre, half, ground } = scene();
  const step = gridStep();
  const reach = step * Math.ceil((1.3 * Math.max(half[0], half[2], 0.6 * half[1])) / step);
  const [x0, z0] = [centre[0], centre[2]].map((value) => step * Math.round(value / step));
  space.pen.lineWidth = 1;
  space.pen.strokeStyle = theme.grid;
  for (let at = -reach; at <= reach + step / 2; at += step) {
    for (const [from, to] of [
      [[x0 + at, ground, z0 - reach], [x0 + at, ground, z0 + reach]],
      [[x0 - reach, ground, z0 + at], [x0 + reach, ground, z0 + at]],
    ]) {
      const line = view.seeLine(from, to);
      if (line) space.line(...line);
    }
  }
}

function drawShadow(view, body) {
  const { ground } = scene();
  const width = size(body);
  space.pen.strokeStyle = theme.shadow;
  space.pen.lineCap = "round";
  space.pen.beginPath();
  for (const [parent, child] of bones) {
    if (!body[parent] || !body[child]) continue;
    const [a, b] = [body[parent], body[child]].map(([x, , z]) => view.see([x, ground, z], width));
    if (!a || !b) continue;
    space.pen.lineWidth = a.width;
    space.pen.moveTo(a.x, a.y);
    space.pen.lineTo(b.x, b.y);
  }
  space.pen.stroke(); // as one path: shadows that cross do not add up
}

const REACH = 0.11; // radius of the mark of a foot on the floor, in half heights of the person

// A ring on the floor below each foot that stands there.
function drawContacts(view, row, body) {
  const { ground } = scene();
  header.feet.forEach((joint, side) => {
    if (!(contact[row] & (1 << side)) || !body[joint]) return;
    const [x, , z] = body[joint], radius = REACH * size(body);
    const ring = Array.from({ length: 25 }, (_, i) => (i * Math.PI) / 12).map((angle) =>
      view.see([x + radius * Math.cos(angle), ground, z + radius * Math.sin(angle)]));
    if (ring.includes(null)) return;
    space.pen.strokeStyle = colour(person[row], header.sides[joint]);
    space.pen.lineWidth = 2.5;
    space.pen.beginPath();
    for (const { x, y } of ring) space.pen.lineTo(x, y);
    space.pen.stroke();
  });
}

const FAINTEST = 0.35; // share of the colour of a joint that is hardly known

// A joint on the canvas, with how far off it may be in CSS pixels and how strong its colour is.
function marked(at, row, joint, half) {
  const sigma = uncertainty[row * joints + joint] / 1000;
  if (sigma < 0) return at;
  return { ...at, unsure: sigma * at.unit, sure: clamp(1.1 - (4 * sigma) / half, FAINTEST, 1) };
}

// x, y and z in the corner, as they are turned.
function drawAxes() {
  const [cy, sy, cp, sp] = [Math.cos(state.yaw), Math.sin(state.yaw), Math.cos(state.pitch), Math.sin(state.pitch)];
  const origin = { x: space.width - 46, y: space.height - 46 };
  const [right, down, forward] = [[cy, -sp * sy], [0, cp], [-sy, -sp * cy]];
  const axes = { x: right, y: down, z: forward };
  if (isLevel()) { // those of the world: x ahead, y left, z up
    const [c, s] = azimuth.subarray(2 * state.frame, 2 * state.frame + 2);
    axes.x = [0, 1].map((k) => s * right[k] + c * forward[k]);
    axes.y = [0, 1].map((k) => s * forward[k] - c * right[k]);
    axes.z = [0, 1].map((k) => -down[k]);
  }
  space.pen.lineWidth = 1.5;
  for (const [name, [x, y]] of Object.entries(axes)) {
    const end = { x: origin.x + 24 * x, y: origin.y + 24 * y };
    space.pen.strokeStyle = theme.dim;
    space.line(origin, end);
    if (Math.hypot(x, y) > 0.25) space.label(name, origin.x + 34 * x, origin.y + 34 * y + 4, theme.dim);
  }
}

function drawSpace() {
  space.clear();
  const view = look();
  const people = [];
  let nowhere = 0;
  for (const row of visible()) {
    const body = located(row);
    if (body) people.push({ row, body });
    else nowhere++;
  }
  if (choice.ground.checked) {
    drawGround(view);
    for (const { body } of people) drawShadow(view, body);
  }
  if (contact && isLevel() && choice.contacts.checked) {
    for (const { row, body } of people) drawContacts(view, row, body);
  }
  space.figures(people.map(({ row, body }) => {
    const half = size(body);
    const at = body.map((point) => point && view.see(point, half));
    const unsure = uncertainty && choice.unsure.checked;
    return { row, at: unsure ? at.map((a, joint) => a && marked(a, row, joint, half)) : at };
  }));
  drawAxes();
  const said = [];
  if (!present().length) said.push(`No ${header.body_words[0]} in this frame`);
  if (nowhere) said.push(`${nowhere} without a position, not drawn here`);
  if (choice.ground.checked) said.push(`grid ${Number(gridStep().toPrecision(1))}${unit || " units"}`);
  tell($("message"), said.join(" · "));
  const turned = state.yaw !== 0 || state.pitch !== 0;
  const turns = `turned ${degrees(state.yaw)}, tipped ${degrees(state.pitch)}`;
  const straight = isLevel() ? "the camera's direction, level" : "the camera's view";
  $("direction").textContent = turned ? `· ${turns}` : `· ${straight}`;
}

const degrees = (angle) => `${Math.round((((angle * 180) / Math.PI + 540) % 360) - 180)}°`;

function tell(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

// ---- pointing at joints ---------------------------------------------------------------------------------------------

function point(panel, event) {
  let found = null;
  if (event && !event.buttons) {
    let nearest = 12; // CSS pixels
    for (const joint of panel.drawn) {
      const away = Math.hypot(joint.x - event.offsetX, joint.y - event.offsetY);
      if (away <= nearest) [nearest, found] = [away, joint];
    }
  }
  for (const one of [flat, space]) one.tip.hidden = true;
  if (found) {
    panel.tip.textContent = described(found.row, found.joint);
    panel.tip.hidden = false;
    const { offsetLeft, offsetTop } = panel.canvas;
    const { offsetWidth: wide, offsetHeight: high } = panel.tip;
    const below = found.y + 14 + high < panel.height;
    panel.tip.style.left = `${clamp(offsetLeft + found.x + 14, 4, Math.max(4, panel.width - wide - 4))}px`;
    panel.tip.style.top = `${offsetTop + found.y + (below ? 14 : -14 - high)}px`;
  }
  if (found || state.pointed) {
    state.pointed = found;
    show();
  }
}

function described(row, joint) {
  const said = [header.joints[joint] + (several ? `, ${shortened(header.people[person[row]], 40)}` : "")];
  const point = points.get(row, joint), pixel = keypoints.get(row, joint);
  if (point) said.push(`3D from the root: ${point.map((value) => value.toFixed(3)).join(", ")}${unit}`);
  if (pixel) said.push(`2D: ${pixel.map((value) => value.toFixed(1)).join(", ")} px`);
  const sigma = uncertainty ? uncertainty[row * joints + joint] : -1;
  if (point && sigma >= 0) said.push(header.units === "m" ? `± ${sigma} mm` : `± ${(sigma / 1000).toFixed(3)}`);
  const sure = confidence[row * joints + joint];
  said.push(sure === FILLED ? "filled in, or not trusted" : sure > 0 ? `confidence ${sure} %` : "not seen");
  return said.join("\n");
}

// ---- time -----------------------------------------------------------------------------------------------------------

let waiting = false;

// Draws soon, once, however often it is called before.
function show() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
}

function draw() {
  drawFlat();
  drawSpace();
  listPeople();
  const name = header.frames[state.frame];
  $("slider").value = state.frame;
  $("slider").setAttribute("aria-valuetext", `frame ${state.frame + 1} of ${frames}, ${name}`);
  const seconds = header.fps > 0 ? ` · ${(state.frame / header.fps).toFixed(2)} s` : "";
  tell($("clock"), `${state.frame + 1} / ${frames}${seconds}`);
  $("frame-name").textContent = name;
  $("frame-name").title = name;
  document.dispatchEvent(new Event("drawn")); // for what else a page shows of a frame
}

function go(frame) {
  state.frame = clamp(frame, 0, frames - 1);
  state.pointed = null;
  for (const panel of [flat, space]) panel.tip.hidden = true;
  show();
}

function play(on) {
  state.playing = on && frames > 1;
  $("play").setAttribute("aria-label", state.playing ? "Pause" : "Play");
  $("play-icon").setAttribute("d", state.playing ? "M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z" : "M4 2.5v11l9-5.5z");
  if (!state.playing) return;
  let exact = state.frame, before = performance.now();
  const tick = (now) => {
    if (!state.playing) return;
    if (state.frame !== Math.floor(exact)) exact = state.frame; // somebody moved the slider
    exact = (exact + (Math.max(0, now - before) / 1000) * header.rate * Number(choice.speed.value)) % frames;
    before = now;
    if (Math.floor(exact) !== state.frame) go(Math.floor(exact));
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}

// ---- controls -------------------------------------------------------------------------------------------------------

function turnTo(yaw, pitch) {
  Object.assign(state, { yaw: radians(yaw), pitch: radians(pitch), zoom: 1, moved: [0, 0] });
  show();
}

function turnBy(yaw, pitch) {
  state.yaw += yaw;
  state.pitch = clamp(state.pitch + pitch, -Math.PI / 2, Math.PI / 2);
  show();
}

function zoomBy(factor) {
  state.zoom = clamp(state.zoom * factor, 0.1, 30);
  show();
}

function handle() {
  const { canvas } = space;
  const pointers = new Map();
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => pointers.delete(event.pointerId));
  }
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
    pointers.set(event.pointerId, event);
    if (pointers.size === 1 && !event.shiftKey) {
      turnBy(0.008 * dx, 0.008 * dy);
      return;
    }
    const share = 1 / pointers.size; // of two fingers each moves the scene by half
    state.moved = [state.moved[0] + share * dx, state.moved[1] + share * dy];
    for (const [id, other] of pointers) {
      if (id === event.pointerId) continue;
      const apart = (one) => Math.max(20, Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY));
      zoomBy(apart(event) / apart(before));
    }
    show();
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomBy(Math.exp(-0.0015 * clamp(event.deltaY * (event.deltaMode ? 30 : 1), -200, 200)));
  }, { passive: false });
  canvas.addEventListener("dblclick", () => turnTo(0, 0));

  for (const button of document.querySelectorAll("[data-yaw]")) {
    button.addEventListener("click", () => turnTo(Number(button.dataset.yaw), Number(button.dataset.pitch)));
  }
  for (const element of [choice.lens, choice.ground, choice.contacts, choice.unsure, choice.axes]) {
    element.addEventListener("change", show);
  }
  choice.place.addEventListener("change", () => turnTo((state.yaw * 180) / Math.PI, (state.pitch * 180) / Math.PI));
  choice.colours.addEventListener("change", () => {
    colourLegend();
    show();
  });
  $("slider").addEventListener("input", () => go(Number($("slider").value)));
  $("play").addEventListener("click", () => play(!state.playing));
  const step = (by) => {
    play(false);
    go(state.frame + by);
  };
  $("previous").addEventListener("click", () => step(-1));
  $("next").addEventListener("click", () => step(1));

  const turns = { a: [-1, 0], d: [1, 0], w: [0, -1], s: [0, 1] };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === "SELECT") return;
    const far = event.shiftKey ? 10 : 1, key = event.key.toLowerCase();
    if (key === " " && !["BUTTON", "SUMMARY"].includes(event.target.tagName) && event.target.type !== "checkbox") {
      play(!state.playing);
    } else if (key === "arrowleft") step(-far);
    else if (key === "arrowright") step(far);
    else if (key === "home") step(-frames);
    else if (key === "end") step(frames);
    else if (key in turns) turnBy(...turns[key].map((by) => radians(5 * by)));
    else if (key === "+" || key === "=") zoomBy(1.1);
    else if (key === "-") zoomBy(1 / 1.1);
    else if (key === "0") turnTo(0, 0);
    else return;
    event.preventDefault();
  });
  dark.addEventListener("change", () => {
    readTheme();
    colourLegend();
    listed = "";
    show();
  });
}

// ---- text -----------------------------------------------------------------------------------------------------------

const MOST_LISTED = 12; // more people than this, and only those of the frame are listed
let listed = "";

function listPeople() {
  if (!several) return;
  const everybody = header.people.length <= MOST_LISTED;
  const shown = everybody ? header.people.map((_, who) => who) : present().map((row) => person[row]);
  const key = shown.join();
  if (key === listed && $("people").childElementCount) return;
  listed = key;
  tell($("people-hint"), everybody ? "" : `· ${shown.length} of ${header.people.length}, those in this frame`);
  $("people").replaceChildren(...shown.map((who) => {
    const [item, label, box, swatch] = ["li", "label", "input", "span"].map((tag) => document.createElement(tag));
    swatch.className = "swatch";
    swatch.style.background = choice.colours.value === "side" ? theme.line : colour(who, 1);
    box.type = "checkbox";
    box.checked = !state.hidden.has(who);
    box.addEventListener("change", () => {
      if (box.checked) state.hidden.delete(who);
      else state.hidden.add(who);
      show();
    });
    label.append(box, swatch, header.people[who]);
    item.append(label);
    return item;
  }));
}

function colourLegend() {
  for (const [name, side] of [["left", 1], ["middle", 0], ["right", -1]]) {
    for (const path of document.querySelectorAll(`#legend .${name}`)) path.style.stroke = colour(0, side);
  }
  $("people").replaceChildren();
}

function write() {
  const file = header.source.replace(/: recognized as .*$/s, "").replace(/^[^(]*[\\/]/, "");
  document.title = `${shortened(file, 60)} – geolift`;
  $("title").textContent = shortened(file, 90);
  const count = (number, one, more) => `${number.toLocaleString("en")} ${number === 1 ? one : more}`;
  $("subtitle").textContent = [
    header.video ? count(frames, "frame", "frames") : count(frames, "image", "images"),
    count(header.people.length, ...header.body_words),
    `${joints} joints`,
  ].join(", ");
  const shownAt = `shown at ${header.rate} per second`;
  const pace = header.fps > 0 ? `${Number(header.fps.toPrecision(6))} frames per second` : `unknown, ${shownAt}`;
  const facts = {
    Source: header.source,
    Model: header.model,
    Rate: header.video ? pace : `single images, ${shownAt}`,
    Units: header.units === "m" ? "metres" : header.units,
    Scale: header.scale,
    Axes: "x right, y down, z forward, of the camera" + (level ? "; world: x ahead, y left, z up" : ""),
  };
  for (const line of header.world) {
    const [term, ...text] = line.split(": ");
    facts[term[0].toUpperCase() + term.slice(1)] = text.join(": ");
  }
  for (const [term, text] of Object.entries(facts)) {
    const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
    dt.textContent = term;
    dd.textContent = text;
    $("facts").append(dt, dd);
  }
  if (header.notes.length) {
    $("notes-title").textContent = `Notes (${header.notes.length})`;
    $("notes").replaceChildren(...header.notes.map((note) => {
      const item = document.createElement("li");
      item.textContent = note;
      return item;
    }));
    $("notes-box").hidden = false;
  }
  const [one, more] = header.body_words;
  $("people-box").hidden = !several;
  $("people-box").ariaLabel = more[0].toUpperCase() + more.slice(1);
  $("people-box").querySelector("h2").firstChild.data = `${$("people-box").ariaLabel} `;
  choice.colours.querySelector("[value=person]").textContent = `by ${one}`;
  $("slider").max = frames - 1;
  for (const id of ["slider", "play", "previous", "next"]) $(id).disabled = frames < 2;
  if (!scenes.placed) choice.place.options[0].disabled = true;
  if (!several) choice.place.options[1].textContent = "at the origin";
  choice.place.value = scenes.placed && (several || level) ? "placed" : "beside";
  for (const [known, ids] of [
    [level, ["axes-box"]], [contact && level && header.feet.length, ["contact-box", "contact-legend"]],
    [uncertainty, ["unsure-box", "unsure-legend"]],
  ]) for (const id of ids) $(id).hidden = !known;
  choice.unsure.checked = header.calibrated; // else it is shown when asked for
  choice.colours.value = several ? "person" : "side";
}

readTheme();
write();
colourLegend();
const flat = new Panel("flat"), space = new Panel("space");
handle();
while (state.frame < frames - 1 && first[state.frame + 1] === 0) state.frame++; // to the first frame with somebody
show();
