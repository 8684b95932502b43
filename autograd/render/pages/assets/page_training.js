"use strict";
// The page of a training: the decision boundary, the losses and the weights through the epochs.

let ZONES = []; // of classes and lines; the colours of all pages are one table
let PAINTS = {};
const channels = (colour) => [1, 3, 5].map((i) => Number.parseInt(colour.slice(i, i + 2), 16));
const rgb = (colour) => `rgb(${colour.map(Math.round).join(" ")})`;

// A mark around the point 0, 0 for each class: a shape too, for colours are not seen alike by all.
const MARKS = [
  "M5 0A5 5 0 1 1 -5 0A5 5 0 1 1 5 0z",
  "M-4.3 -4.3h8.6v8.6h-8.6z",
  "M0 -6L5.5 4H-5.5z",
  "M0 -6L6 0L0 6L-6 0z",
  "M0 6L5.5 -4H-5.5z",
  "M-2 -5.5h4v3.5h3.5v4h-3.5v3.5h-4v-3.5h-3.5v-4h3.5z",
  "M-6 0L4 -5.5V5.5z",
  "M6 0L-4 -5.5V5.5z",
  "M-5 -5H5L-5 5H5z",
  "M-5 -5V5L5 -5V5z",
];
const markOf = (target) => MARKS[target % MARKS.length];
const zoneOf = (i) => ZONES[i % ZONES.length];
let classCount = 0;
const zoneOfClass = (target) => zoneOf(classCount === 2 ? 1 - target : target); // of two the second is blue, as high is
const colourOfMark = (target) => rgb(zoneOfClass(target).map((c) => 0.85 * c));

function startTraining(training) {
  byId("training").hidden = false;
  ZONES = training.colours.series.map(channels);
  PAINTS = training.colours;
  classCount = training.boundary?.classes.length ?? 0;
  for (const id of ["search", "found", "quiz"]) byId(id).hidden = true;
  const { epochs, records, states } = training;
  for (const numbers of [...Object.values(records), ...states, ...(training.boundary?.values ?? [])])
    for (const [i, written] of numbers.entries()) numbers[i] = numberOf(written);
  const last = epochs.length - 1;
  training.epochCount = Math.max(epochs[last], ...Object.values(records).map((series) => series.length));
  training.nameOf = (i) => `${i === last && training.changed_after ? "after epoch" : "epoch"} ${epochs[i]}`;
  const kept = new Set(epochs.filter((epoch) => epoch > 0)).size; // 0 is before the first
  byId("about").textContent =
    `${counted(training.names.length, "parameter")}, ${counted(training.epochCount, "epoch")}, ${kept} kept`;
  const weights = !training.layers.length ? weightTable : training.drawn ? networkDrawing : weightMaps;
  const parts = [lossChart(training), weights(training)];
  if (training.boundary) parts.unshift(boundaryMap(training));
  else byId("training").classList.add("no-boundary");
  let frame = 0;
  const draw = () =>
    parts
      .map((part) => part(frame))
      .filter(Boolean)
      .join(", ");
  const show = (wanted) => {
    frame = wanted;
    return `${training.nameOf(frame)}: ${draw()}`;
  };
  const transport = startTransport(last, show, (i) => `${training.nameOf(i)} of ${training.epochCount}`, 250);
  startScrubbing(training, transport);
  document.addEventListener("themechange", draw);
  new ResizeObserver(draw).observe(byId("training"));
  byId("slider").setAttribute("aria-label", "Epoch");
  transport.goTo(0);
  sayWhenDrawn();
}

// Numbers beside the pointer while it is over an element; `say(x, y)` gets its place there and returns a text, or "".
function onHover(element, say) {
  const reading = byId("reading");
  const hide = () => {
    reading.hidden = true;
  };
  element.addEventListener("pointermove", (event) => {
    const place = element.getBoundingClientRect();
    const words = say(event.clientX - place.left, event.clientY - place.top);
    reading.hidden = !words;
    reading.textContent = words;
    const beside = event.clientX + 14 + reading.offsetWidth < innerWidth ? 14 : -14 - reading.offsetWidth;
    reading.style.left = `${Math.max(6, event.clientX + beside)}px`;
    reading.style.top = `${Math.min(event.clientY + 14, innerHeight - reading.offsetHeight - 6)}px`;
  });
  for (const kind of ["pointerleave", "pointercancel"]) element.addEventListener(kind, hide);
}

// Round numbers from the least to the largest, about so many of them.
function roundTicks(low, high, count = 5) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) * power;
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

// Text of a drawing keeps its size on the screen where the drawing is small.
function keepText(svg) {
  new ResizeObserver(() => svg.style.setProperty("--scale", String(svg.getScreenCTM()?.a || 1))).observe(svg);
}

function caption(id, title, ...note) {
  byId(id).replaceChildren(title, ...(note.length ? [make("", "small", {}, " · ", ...note)] : []));
}

// ---------------------------------------------------------------- the losses

const BOX = { w: 560, h: 330, left: 62, right: 14, top: 10, bottom: 42, between: 30 };

// From numbers to heights between a top and a bottom: logarithmic if they span more than a factor of thirty, and from 0
// to 1 if all are within and they are no losses, so that accuracies of all trainings look alike.
function scaleOf(numbers, top = BOX.top, bottom = BOX.h - BOX.bottom, isLoss = true) {
  const [low, high] = extent(numbers);
  const logarithmic = isLoss && low > 0 && high / low > 30;
  const share01 = !isLoss && low >= 0 && high <= 1;
  const least = share01 || (low >= 0 && low < 0.3 * high) ? 0 : low;
  const [a, b] = logarithmic ? [Math.log(low), Math.log(high)] : [least, share01 ? 1 : high];
  const share = (x) => (a === b ? 0.5 : ((logarithmic ? Math.log(x) : x) - a) / (b - a));
  const height = (x) => bottom - share(x) * (bottom - top);
  let ticks = a === b ? [low] : roundTicks(a, b, 4);
  if (logarithmic) {
    const powers = roundTicks(Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9), 4);
    const decades = powers.filter(Number.isInteger).map((power) => Number(`1e${power}`));
    ticks = decades.length > 1 ? decades : [low, high].map((x) => Number(x.toPrecision(2)));
  }
  return { height, ticks };
}

const bare = (name) => name.replace(/^validation_/, "").replaceAll("_", " ");

function lossChart(training) {
  const svg = byId("losses");
  const [records, last] = [Object.entries(training.records), training.epochCount];
  svg.setAttribute("viewBox", `0 0 ${BOX.w} ${BOX.h}`);
  keepText(svg);
  const x = (epoch) => BOX.left + (epoch / Math.max(1, last)) * (BOX.w - BOX.left - BOX.right);
  const text = (at, y, words, anchor, more = {}) =>
    svg.append(make(SVG, "text", { x: at, y, "text-anchor": anchor, ...more }, words));
  const isLoss = (record) => record[0].endsWith("loss");
  const known = (record) => record[1].some(Number.isFinite);
  const panels = [records.filter(isLoss), records.filter((record) => !isLoss(record))].filter((side) =>
    side.some(known),
  );
  const names = records.map(([name]) => name);
  // losses and metrics by kind: a colour for training, the next for validation, which is dashed
  const looks = new Map();
  for (const side of [records.filter(isLoss), records.filter((record) => !isLoss(record))]) {
    const kinds = [...new Set(side.map(([name]) => bare(name)))];
    for (const [name] of side) {
      const validation = name.startsWith("validation_");
      looks.set(name, { stroke: rgb(zoneOf(2 * kinds.indexOf(bare(name)) + Number(validation))), validation });
    }
  }
  const each =
    (BOX.h - BOX.top - BOX.bottom - BOX.between * Math.max(0, panels.length - 1)) / Math.max(1, panels.length);
  panels.forEach((side, i) => {
    const top = BOX.top + i * (each + BOX.between);
    const loss = isLoss(side[0]);
    const { height, ticks } = scaleOf(
      side.flatMap(([, series]) => series),
      top,
      top + each,
      loss,
    );
    for (const tick of ticks) {
      svg.append(make(SVG, "path", { class: "axis", d: `M${BOX.left} ${round(height(tick))}H${BOX.w - BOX.right}` }));
      text(BOX.left - 6, height(tick) + 4, short(tick), "end");
    }
    const middle = top + each / 2;
    const named = loss ? "loss" : [...new Set(side.map(([name]) => bare(name)))].join(", ");
    text(14, middle, named, "middle", { transform: `rotate(-90 14 ${round(middle)})` });
    for (const [name, series] of side) {
      const points = series.flatMap((number, i) =>
        Number.isFinite(number) ? [`${round(x(i + 1))} ${round(height(number))}`] : [],
      );
      if (!points.length) continue;
      const { stroke, validation } = looks.get(name);
      svg.append(
        make(SVG, "path", {
          d: `M${points.join("L")}${points.length === 1 ? "h0" : ""}`, // one number is a dot
          fill: "none",
          stroke,
          "stroke-width": points.length === 1 ? 7 : 2.2,
          "stroke-linecap": "round",
          "stroke-dasharray": validation && points.length > 1 ? "6 4" : "none",
        }),
      );
    }
  });
  for (const tick of roundTicks(0, last, 8).filter(Number.isInteger)) text(x(tick), BOX.h - 24, String(tick), "middle");
  text((BOX.left + BOX.w - BOX.right) / 2, BOX.h - 6, "epoch", "middle");
  const cursor = make(SVG, "path", { class: "cursor" });
  const pointed = make(SVG, "path", { class: "axis" });
  svg.append(pointed, cursor);
  const upright = (epoch) => `M${round(x(epoch))} ${BOX.top}V${BOX.h - BOX.bottom}`;
  const numbersOf = (epoch) =>
    records.map(([name, series]) => `${name.replaceAll("_", " ")} ${epoch ? short(series[epoch - 1]) : "–"}`);
  onHover(svg, (along) => {
    const epoch = Math.round(epochAt(along + svg.getBoundingClientRect().left, training));
    if (epoch < 1 || epoch > last || !names.length) return "";
    pointed.setAttribute("d", upright(epoch));
    return `epoch ${epoch}: ${numbersOf(epoch).join(", ")}`;
  });
  svg.addEventListener("pointerleave", () => pointed.removeAttribute("d"));
  return (frame) => {
    const epoch = training.epochs[frame];
    cursor.setAttribute("d", upright(epoch));
    const now = numbersOf(epoch);
    const keys = now.flatMap((words, i) => [
      make("", "span", { class: "class" }, make("", "i", { "data-line": names[i] }, "▬ "), words),
      "  ",
    ]);
    caption("loss-caption", names.length ? "Losses and metrics" : "No losses were recorded", ...keys);
    for (const mark of byId("loss-caption").querySelectorAll("i")) {
      const { stroke, validation } = looks.get(mark.dataset.line);
      mark.style.color = stroke;
      if (validation) mark.textContent = "╍ ";
    }
    svg.setAttribute("aria-label", `Losses over the epochs, ${training.nameOf(frame)}: ${now.join(", ")}`);
    return epoch ? now.join(", ") : frame ? "no epoch was completed" : "before the first step";
  };
}

// The epoch at a place of the window, not rounded.
function epochAt(clientX, training) {
  const matrix = byId("losses").getScreenCTM();
  const share = ((clientX - matrix.e) / matrix.a - BOX.left) / (BOX.w - BOX.left - BOX.right);
  return share * training.epochCount;
}

function startScrubbing(training, transport) {
  const svg = byId("losses");
  const scrub = (event) => {
    if (!event.buttons) return;
    const wanted = epochAt(event.clientX, training);
    const distances = training.epochs.map((epoch) => Math.abs(epoch - wanted));
    transport.goTo(distances.indexOf(extent(distances)[0]));
  };
  for (const kind of ["pointerdown", "pointermove"]) svg.addEventListener(kind, scrub);
}

// ---------------------------------------------------------------- the weights

const signed = (weight) => `var(--${weight < 0 ? "negative" : "positive"})`;

// Units in columns, a line for each weight: as thick as it is large, blue for positive, orange for negative.
function networkDrawing(training) {
  const { layers, states, names } = training;
  const sizes = [layers[0].weights[0].length, ...layers.map((layer) => layer.weights.length)];
  const [w, h] = [560, 300];
  const place = (column, i) => [46 + (column * (w - 60)) / (sizes.length - 1), (h * (i + 0.5)) / sizes[column]];
  const largest = layers.map(
    (layer) =>
      Math.max(0, extent(states.flatMap((state) => layer.weights.flat().map((i) => Math.abs(state[i]))))[1]) || 1,
  );
  const svg = make(SVG, "svg", {
    viewBox: `0 0 ${w} ${h}`,
    role: "img",
    "aria-label": `Network ${sizes.join("-")}: line width and colour show the weights`,
  });
  const radius = Math.min(9, (h / Math.max(...sizes)) * 0.36);
  const lines = [];
  const circles = [];
  layers.forEach((layer, l) => {
    layer.weights.forEach((row, to) => {
      row.forEach((index, from) => {
        const [[x0, y0], [x1, y1]] = [place(l, from), place(l + 1, to)];
        const line = make(SVG, "line", { x1: x0, y1: y0, x2: x1, y2: y1 }, make(SVG, "title"));
        svg.append(line);
        lines.push([line, index, largest[l]]);
      });
      circles.push([
        make(
          SVG,
          "circle",
          { class: "unit", cx: place(l + 1, to)[0], cy: place(l + 1, to)[1], r: radius },
          make(SVG, "title"),
        ),
        layer.biases[to],
      ]);
    });
  });
  for (let i = 0; i < sizes[0]; i++) {
    const [x, y] = place(0, i);
    svg.append(
      make(SVG, "circle", { class: "unit input", cx: x, cy: y, r: radius, fill: "var(--input)" }),
      make(SVG, "text", { x: x - radius - 4, y: y + 4, "text-anchor": "end" }, typeset(`x${i + 1}`)),
    );
  }
  svg.append(...circles.map(([circle]) => circle));
  byId("weights").append(svg);
  keepText(svg);
  return (frame) => {
    const state = states[frame];
    for (const [line, index, most] of lines) {
      const weight = Number.isFinite(state[index]) ? state[index] : 0;
      line.setAttribute("stroke", signed(weight));
      line.setAttribute("stroke-width", round(0.3 + (5.5 * Math.abs(weight)) / most));
      line.setAttribute("opacity", Math.min(1, 0.25 + Math.abs(weight) / most).toFixed(2));
      line.firstChild.textContent = `${names[index]} = ${state[index]}`;
    }
    for (const [circle, index] of circles) {
      const bias = Number.isFinite(state[index]) ? state[index] : 0;
      const share = bias === 0 ? 0 : Math.round(100 * Math.min(1, 0.15 + Math.abs(bias)));
      circle.setAttribute("fill", `color-mix(in srgb, ${signed(bias)} ${share}%, var(--paper))`);
      circle.firstChild.textContent = index < 0 ? "no bias" : `${names[index]} = ${state[index]}`;
    }
    caption("weights-caption", "Weights", "blue is positive, orange negative; thick is large; circles are biases");
  };
}

// Layers that are too large for lines: a cell for each weight, a row for each unit, its bias in a column apart.
function weightMaps(training) {
  const { layers, states, names } = training;
  const maps = layers.map((layer) => {
    const [rows, columns] = [layer.weights.length, layer.weights[0].length];
    const cellOf = (row, column) =>
      column < columns ? layer.weights[row][column] : column > columns ? layer.biases[row] : -1;
    const canvas = make("", "canvas", { class: "map", width: columns + 2, height: rows, role: "img" });
    const size = `${counted(rows, "unit")} with ${counted(columns, "weight")}`;
    const title = make("", "p", {}, `${layer.title}: a row for each unit, the biases on the right`);
    canvas.setAttribute("aria-label", `${layer.title}: ${size}`);
    byId("weights").append(make("", "div", { class: "layer" }, title, canvas));
    const every = states.flatMap((state) => layer.weights.flat().map((i) => Math.abs(state[i])));
    const most = Math.max(0, extent(every)[1]) || 1;
    return { canvas, rows, columns, cellOf, most };
  });
  let shown = 0;
  for (const { canvas, rows, columns, cellOf } of maps)
    onHover(canvas, (x, y) => {
      const place = [
        Math.floor((y / canvas.clientHeight) * rows),
        Math.floor((x / canvas.clientWidth) * (columns + 2)),
      ];
      if (place[0] < 0 || place[0] >= rows) return "";
      const index = cellOf(...place);
      return index < 0 ? "" : `${names[index]} = ${short(states[shown][index])}`;
    });
  return (frame) => {
    shown = frame;
    const colours = PAINTS[document.documentElement.dataset.theme === "dark" ? "dark" : "light"];
    const [paper, positive, negative] = [colours.canvas, colours.positive, colours.negative].map(channels);
    for (const { canvas, rows, columns, cellOf, most } of maps) {
      const context = canvas.getContext("2d");
      const pixels = context.createImageData(columns + 2, rows);
      for (let i = 0; i < rows * (columns + 2); i++) {
        const index = cellOf(Math.floor(i / (columns + 2)), i % (columns + 2));
        const weight = index < 0 || !Number.isFinite(states[frame][index]) ? 0 : states[frame][index];
        const strength = Math.min(1, Math.abs(weight) / most);
        const ink = weight < 0 ? negative : positive;
        pixels.data.set([...paper.map((c, k) => (1 - strength) * c + strength * ink[k]), 255], 4 * i);
      }
      context.putImageData(pixels, 0, 0);
    }
    caption("weights-caption", "Weights", "blue is positive, orange negative; strong is large");
  };
}

// What is no chain of layers: one row a module, with the range of its parameters.
function weightTable(training) {
  const groups = new Map();
  training.names.forEach((name, i) => {
    const key = name.replace(/(\.neurons\.\d+)?\.[^.]+(\.\d+)*$/, "");
    groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  const titles = ["module", "parameters", "mean", "deviation", "least", "largest"];
  const head = make(
    "",
    "thead",
    {},
    make("", "tr", {}, ...titles.map((title) => make("", "th", { scope: "col" }, title))),
  );
  const body = make("", "tbody");
  byId("weights").append(make("", "table", {}, head, body));
  return (frame) => {
    const rows = [...groups].map(([name, indices]) => {
      const numbers = indices.map((i) => training.states[frame][i]);
      const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length;
      const deviation = Math.sqrt(numbers.reduce((a, b) => a + (b - mean) ** 2, 0) / numbers.length);
      const least = numbers.reduce((a, b) => Math.min(a, b));
      const largest = numbers.reduce((a, b) => Math.max(a, b));
      const cells = [numbers.length, mean, deviation, least, largest].map((number) =>
        make("", "td", {}, short(number)),
      );
      return make("", "tr", {}, make("", "th", { scope: "row" }, name), ...cells);
    });
    body.replaceChildren(...rows);
    caption("weights-caption", "Weights", "module by module");
  };
}

if (typeof document !== "undefined") {
  startTheme();
  startTraining(JSON.parse(byId("data").textContent));
}
