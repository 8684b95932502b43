// What the page shows: the output over the plane, each neuron's, weights, gradients, losses.

const GRID = 40; // points along each side of the plane

/** @param {string} id @returns {any} */
const byId = (id) => document.getElementById(id);

/** An element; text is always text, never markup. @param {string} tag @param {Record<string, any>} attributes @param {(string | Node)[]} children */
function make(tag, attributes = {}, ...children) {
  const svg = ["path", "svg"].includes(tag);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return /** @type {any} */ (element);
}

/** @param {number} x */
const short = (x) => (Number.isFinite(x) ? String(Number(x.toPrecision(4))).replace("-", "−") : String(x));
const isDark = () => document.documentElement.dataset.theme === "dark";

/** Colours by theme and name: to ask for one takes too long to do it for each frame. @type {Map<string, string>} */
const COLOURS = new Map();

/** A colour of the style sheet, light or dark as the page is: rgb(…). @param {string} name */
function colourNow(name) {
  const key = `${isDark()} ${name}`;
  if (!COLOURS.has(key)) {
    document.body.style.setProperty("outline-color", `var(--${name})`); // which has no outline
    COLOURS.set(key, getComputedStyle(document.body).outlineColor);
  }
  return COLOURS.get(key) ?? "";
}
const channelsNow = (/** @type {string} */ name) => (colourNow(name).match(/\d+/g) ?? []).map(Number);

/** What an element is written in. @param {string} id */
const colourOf = (id) => getComputedStyle(byId(id)).color;

/** What is drawn of the plane: all samples and a margin. @param {number[][]} points @returns {[number, number][]} */
function planeOf(points) {
  return [0, 1].map((axis) => {
    const numbers = points.map((point) => point[axis]);
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const margin = 0.15 * (high - low) || 1;
    return [low - margin, high + margin];
  });
}

/** The points of the grid, row by row from the top. @param {[number, number][]} plane */
function gridOf([[left, right], [bottom, top]]) {
  const x = new Float64Array(2 * GRID * GRID);
  for (let row = 0; row < GRID; row++)
    for (let column = 0; column < GRID; column++) {
      x[row * GRID + column] = left + ((right - left) * (column + 0.5)) / GRID;
      x[GRID * GRID + row * GRID + column] = top - ((top - bottom) * (row + 0.5)) / GRID;
    }
  return x;
}

/**
 * Numbers of the grid as colours, by their sign.
 * @param {HTMLCanvasElement} canvas @param {Float64Array} numbers @param {number} middle @param {number} least
 */
function paint(canvas, numbers, middle, least) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(GRID, GRID);
  const [paper, high, low] = ["paper", "positive", "negative"].map(channelsNow);
  let full = 0;
  for (const x of numbers) full = Math.max(full, Math.abs(x - middle));
  for (let k = 0; k < numbers.length; k++) {
    const distance = numbers[k] - middle;
    const share = least + (0.85 - least) * Math.min(1, Math.abs(distance) / (full || 1));
    const towards = distance < 0 ? low : high;
    for (let c = 0; c < 3; c++) image.data[4 * k + c] = share * towards[c] + (1 - share) * paper[c];
    image.data[4 * k + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** Where the numbers of the grid cross the middle, as segments between points of the grid. @param {Float64Array} numbers @param {number} middle */
function contour(numbers, middle) {
  const segments = [];
  for (let row = 0; row + 1 < GRID; row++)
    for (let column = 0; column + 1 < GRID; column++) {
      const around = [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ].map(([u, v]) => [column + u, row + v]);
      const heights = around.map(([u, v]) => numbers[v * GRID + u] - middle);
      const crossings = [];
      for (let i = 0; i < 4; i++) {
        const j = (i + 1) % 4;
        if (heights[i] < 0 === heights[j] < 0) continue;
        const share = heights[i] / (heights[i] - heights[j]);
        crossings.push(around[i].map((u, axis) => u + (around[j][axis] - u) * share));
      }
      for (let i = 0; i + 1 < crossings.length; i += 2) segments.push([crossings[i], crossings[i + 1]]);
    }
  return segments;
}

/** A canvas as large as it is on the screen. @param {HTMLCanvasElement} canvas @returns {[CanvasRenderingContext2D, number, number]} */
function readied(canvas) {
  const [ratio, w, h] = [devicePixelRatio || 1, canvas.clientWidth, canvas.clientHeight];
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio))
    [canvas.width, canvas.height] = [Math.round(w * ratio), Math.round(h * ratio)];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, w, h);
  return [context, w, h];
}

const SCRATCH = make("canvas", { width: GRID, height: GRID });

/**
 * @param {{ map: Float64Array, middle: number, plane: [number, number][], train: number[][], test: number[][],
 *   own: number, classes: boolean, features: string[] }} shown
 */
function drawOutput({ map, middle, plane, train, test, own, classes, features }) {
  const [context, w, h] = readied(byId("output"));
  paint(SCRATCH, map, middle, classes ? 0.15 : 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(SCRATCH, 0, 0, w, h);
  const [ink, paper] = ["ink", "paper"].map(colourNow);
  const [blank, high, low] = ["paper", "positive", "negative"].map(channelsNow);
  if (classes) {
    context.strokeStyle = ink;
    context.lineWidth = 2;
    context.beginPath();
    for (const [[u0, v0], [u1, v1]] of contour(map, middle)) {
      context.moveTo(((u0 + 0.5) * w) / GRID, ((v0 + 0.5) * h) / GRID);
      context.lineTo(((u1 + 0.5) * w) / GRID, ((v1 + 0.5) * h) / GRID);
    }
    context.stroke();
  }
  const [[left, right], [bottom, top]] = plane;
  const targets = [...train, ...test].map((point) => point[2]);
  const most = classes ? 0.5 : Math.max(1e-12, ...targets.map((t) => Math.abs(t - middle)));
  const mark = (/** @type {number[]} */ [x, y, t], /** @type {boolean} */ held, /** @type {boolean} */ mine) => {
    const [u, v, r] = [((x - left) / (right - left)) * w, ((top - y) / (top - bottom)) * h, mine ? 5.5 : 4];
    const distance = classes ? t - 0.5 : t - middle;
    const share = 0.35 + 0.65 * Math.min(1, Math.abs(distance) / most);
    const paint = (distance < 0 ? low : high).map((c, i) => Math.round(share * c + (1 - share) * blank[i]));
    context.beginPath();
    if (distance < 0) context.arc(u, v, r, 0, 2 * Math.PI);
    else context.rect(u - 0.88 * r, v - 0.88 * r, 1.76 * r, 1.76 * r);
    context.fillStyle = held ? paper : `rgb(${paint})`;
    context.strokeStyle = held ? `rgb(${paint})` : mine ? ink : paper;
    context.lineWidth = held || mine ? 2 : 1.2;
    context.fill();
    context.stroke();
  };
  for (const point of test) mark(point, true, false);
  for (const [i, point] of train.entries()) mark(point, false, i >= train.length - own);
  context.fillStyle = ink;
  context.font = "italic 14px Georgia, serif";
  context.textAlign = "right";
  context.fillText(`${features[0]} →`, w - 6, h - 6);
  context.textAlign = "left";
  context.fillText(`↑ ${features[1]}`, 6, 16);
}

/** @param {{ epoch: number, train: number, test: number }[]} history */
function drawLosses(history) {
  const [context, w, h] = readied(byId("losses"));
  const [left, bottom, top] = [48, h - 20, 6];
  const numbers = history.flatMap(({ train, test }) => [train, test]).filter(Number.isFinite);
  const [last, most] = [Math.max(1, history[history.length - 1].epoch), Math.max(...numbers, 1e-12)];
  context.font = "11px system-ui, Arial, sans-serif";
  context.fillStyle = colourOf("losses-are");
  context.strokeStyle = colourNow("faint");
  context.lineWidth = 1;
  for (const share of [0, 0.5, 1]) {
    const y = bottom - share * (bottom - top);
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(w - 4, y);
    context.stroke();
    context.textAlign = "right";
    context.fillText(String(Number((share * most).toPrecision(2))), left - 6, Math.min(bottom, Math.max(10, y + 4)));
  }
  context.textAlign = "left";
  context.fillText("0", left, h - 5);
  context.textAlign = "right";
  context.fillText(`epoch ${last}`, w - 4, h - 5);
  for (const [kind, paint, dash] of /** @type {["train" | "test", string, number[]][]} */ ([
    ["train", "train-loss", []],
    ["test", "test-loss", [6, 3]],
  ])) {
    context.beginPath();
    context.strokeStyle = colourOf(paint);
    context.lineWidth = 2;
    context.setLineDash(dash);
    for (const record of history)
      if (Number.isFinite(record[kind]))
        context.lineTo(left + ((w - 4 - left) * record.epoch) / last, bottom - (record[kind] / most) * (bottom - top));
    context.stroke();
  }
  context.setLineDash([]);
}

/** Neurons in columns, with their maps, and a line for each weight. */
class Picture {
  /** @param {Network} network @param {string[]} features @param {(neuron: [number, number] | null) => void} choose */
  constructor(network, features, choose) {
    this.network = network;
    this.names = network.names();
    this.board = byId("network");
    /** @type {[any, any, number, number, number, number][]} line, its hit area, parameter, layer, from, to */
    this.links = [];
    /** @type {any[][]} */
    this.neurons = [];
    byId("links").replaceChildren();
    for (const old of this.board.querySelectorAll(".neuron, .input-name")) old.remove();
    network.sizes.forEach((size, l) => {
      this.neurons.push(
        Array.from({ length: size }, (_, i) => {
          const canvas = make("canvas", { width: GRID, height: GRID });
          const neuron = make("button", { type: "button", class: "neuron", "aria-pressed": "false" }, canvas);
          neuron.addEventListener("click", () => choose([l, i]));
          const bias = l ? network.starts[l - 1] + (i + 1) * (network.sizes[l - 1] + 1) - 1 : -1;
          const title = l ? this.names[bias] : `input ${features[i]}`;
          neuron.setAttribute("aria-label", l ? title.replace(/\.b$/, "") : title);
          const tell = (/** @type {PointerEvent} */ event) => this.tell(event, l ? [bias] : [], title);
          for (const kind of ["pointermove", "pointerdown"]) neuron.addEventListener(kind, tell);
          neuron.addEventListener("pointerleave", hideTooltip);
          this.board.append(neuron);
          return neuron;
        }),
      );
      if (l === 0)
        this.board.append(...features.map((name) => make("span", { class: "input-name", title: name }, name)));
      if (l > 0)
        for (let to = 0; to < size; to++)
          for (let from = 0; from < network.sizes[l - 1]; from++) {
            const parameter = network.starts[l - 1] + to * (network.sizes[l - 1] + 1) + from;
            const [line, hit] = [make("path"), make("path", { class: "hit" })];
            const tell = (/** @type {PointerEvent} */ event) => {
              line.classList.add("found");
              this.tell(event, [parameter], this.names[parameter]);
            };
            for (const kind of ["pointermove", "pointerdown"]) hit.addEventListener(kind, tell);
            hit.addEventListener("pointerleave", () => {
              line.classList.remove("found");
              hideTooltip();
            });
            byId("links").append(line, hit);
            this.links.push([line, hit, parameter, l, from, to]);
          }
    });
    this.place();
  }

  /** Each neuron with its layer and its place in it. @returns {[any, number, number][]} */
  all() {
    return this.neurons.flatMap((column, l) =>
      column.map((neuron, i) => /** @type {[any, number, number]} */ ([neuron, l, i])),
    );
  }

  /** Mark the neuron whose map is shown large. @param {number} layer @param {number} place */
  press(layer, place) {
    for (const [neuron, l, i] of this.all()) neuron.setAttribute("aria-pressed", String(l === layer && i === place));
  }

  /** Put everything where there is room for it. */
  place() {
    const [w, h] = [this.board.clientWidth, this.board.clientHeight];
    const { sizes } = this.network;
    const side = Math.max(14, Math.min(52, h / Math.max(...sizes) - 6, (w - 30) / sizes.length / 1.5));
    const x = (/** @type {number} */ l) => 4 + side / 2 + (l * (w - 8 - side)) / (sizes.length - 1);
    const y = (/** @type {number} */ l, /** @type {number} */ i) =>
      h / 2 + (i - (sizes[l] - 1) / 2) * Math.min(h / sizes[l], 1.6 * side + 10);
    const put = (/** @type {any} */ element, /** @type {Record<string, number>} */ place) => {
      for (const [name, number] of Object.entries(place)) element.style[name] = `${number}px`;
    };
    for (const [neuron, l, i] of this.all())
      put(neuron, { left: x(l) - side / 2, top: y(l, i) - side / 2, width: side, height: side });
    for (const [i, name] of this.board.querySelectorAll(".input-name").entries())
      put(name, { left: x(0) - side / 2, top: y(0, i) + side / 2, width: side + 24 });
    for (const [line, hit, , l, from, to] of this.links) {
      const [x0, y0, x1, y1] = [x(l - 1) + side / 2, y(l - 1, from), x(l) - side / 2, y(l, to)];
      const bend = (x1 - x0) / 2;
      for (const path of [line, hit])
        path.setAttribute("d", `M${x0} ${y0}C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1} ${y1}`);
    }
  }

  /** @param {PointerEvent} event @param {number[]} parameters @param {string} title */
  tell(event, parameters, title) {
    const { theta, gradient } = this.network;
    showTooltip(
      event,
      [title, ...parameters.flatMap((i) => [`number ${theta[i]}`, `gradient ${gradient[i]}`])].join("\n"),
    );
  }

  /** @param {Float64Array[]} layers the outputs on the grid @param {number} middle of the output @param {boolean} gradients */
  draw(layers, middle, gradients) {
    const size = GRID * GRID;
    for (const [neuron, l, i] of this.all()) {
      const last = l === this.neurons.length - 1;
      paint(neuron.firstChild, layers[l].subarray(i * size, (i + 1) * size), last ? middle : 0, 0);
    }
    const numbers = gradients ? this.network.gradient : this.network.theta;
    const largest = this.network.sizes.map(() => 0);
    for (const [, , i, l] of this.links) largest[l] = Math.max(largest[l], Math.abs(numbers[i]));
    for (const [line, , i, l] of this.links) {
      const share = Math.abs(numbers[i]) / (largest[l] || 1);
      line.setAttribute("stroke-width", (0.4 + 4 * share).toFixed(2));
      line.setAttribute("opacity", (0.25 + 0.75 * share).toFixed(2));
      line.classList.toggle("negative", numbers[i] < 0);
    }
  }

  /** All numbers as a table. */
  table() {
    const head = make(
      "tr",
      {},
      ...["parameter", "number", "gradient"].map((name) => make("th", { scope: "col" }, name)),
    );
    const rows = this.names.map((name, i) =>
      make(
        "tr",
        {},
        make("th", { scope: "row" }, name),
        make("td", {}, short(this.network.theta[i])),
        make("td", {}, short(this.network.gradient[i])),
      ),
    );
    return make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows));
  }
}

/** @param {PointerEvent} event @param {string} text */
function showTooltip(event, text) {
  const tooltip = byId("tooltip");
  tooltip.hidden = false;
  tooltip.textContent = text;
  const [x, y] = [event.clientX + 14, event.clientY + 14];
  tooltip.style.left = `${Math.max(6, Math.min(x, innerWidth - tooltip.offsetWidth - 6))}px`;
  tooltip.style.top = `${Math.max(6, Math.min(y, innerHeight - tooltip.offsetHeight - 6))}px`;
}

function hideTooltip() {
  byId("tooltip").hidden = true;
}
