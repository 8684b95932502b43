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
const zoneOf = (target) => ZONES[target % ZONES.length];
const colourOfMark = (target) => rgb(zoneOf(target).map((c) => 0.85 * c));

function startTraining(training) {
  byId("training").hidden = false;
  ZONES = training.colours.series.map(channels);
  PAINTS = training.colours;
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
  const parts = [lossChart(training), training.layers.length ? networkDrawing(training) : weightTable(training)];
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

function caption(id, title, ...note) {
  byId(id).replaceChildren(title, ...(note.length ? [make("", "small", {}, " · ", ...note)] : []));
}

// ---------------------------------------------------------------- the decision boundary

// The line on which a grid of values, row by row, crosses the threshold: marching squares, as segments [x, y, x, y].
function contour(values, size, threshold) {
  const segments = [];
  for (let row = 0; row + 1 < size; row++)
    for (let column = 0; column + 1 < size; column++) {
      const corners = [
        [column, row],
        [column + 1, row],
        [column + 1, row + 1],
        [column, row + 1],
      ];
      const heights = corners.map(([x, y]) => values[y * size + x] - threshold);
      const crossings = [];
      for (let i = 0; i < 4; i++) {
        const [j, a, b] = [(i + 1) % 4, heights[i], heights[(i + 1) % 4]];
        if (a < 0 === b < 0) continue;
        const share = a / (a - b);
        crossings.push([
          corners[i][0] + (corners[j][0] - corners[i][0]) * share,
          corners[i][1] + (corners[j][1] - corners[i][1]) * share,
        ]);
      }
      for (let i = 0; i + 1 < crossings.length; i += 2) segments.push([...crossings[i], ...crossings[i + 1]]);
    }
  return segments;
}

// How far from the threshold the colours are full: most of the plane, and the same in all epochs.
function spread(frames, threshold) {
  const distances = frames
    .flat()
    .filter(Number.isFinite)
    .map((value) => Math.abs(value - threshold))
    .sort((a, b) => a - b);
  return distances[Math.floor(distances.length * 0.85)] || 1;
}

function boundaryMap(training) {
  const { boundary } = training;
  const { grid, values, kind, threshold, outputs, classes } = boundary;
  const [[left, right], [bottom, top]] = boundary.plane;
  const canvas = byId("boundary");
  const [least, largest] = extent(values.flat());
  const middle = kind !== "number" ? threshold : least <= largest ? (least + largest) / 2 : 0;
  const full = spread(values, middle);
  const image = make("", "canvas", { width: grid, height: grid });
  const zone = (value, paper, [low, high]) => {
    if (!Number.isFinite(value)) return paper;
    if (kind === "classes") return zoneOf(value).map((c, i) => 0.45 * c + 0.55 * paper[i]);
    const strength = 0.75 * Math.min(1, Math.abs(value - middle) / full);
    return (value < middle ? low : high).map((c, i) => strength * c + (1 - strength) * paper[i]);
  };
  return (frame) => {
    const dark = document.documentElement.dataset.theme === "dark";
    const { canvas: blank, ink, positive, negative } = PAINTS[dark ? "dark" : "light"];
    const paper = channels(blank);
    const ends = kind === "number" ? [negative, positive].map(channels) : ZONES;
    const ratio = devicePixelRatio || 1;
    const side = Math.max(
      50,
      Math.min(
        canvas.parentElement.clientWidth,
        canvas.parentElement.clientHeight - byId("boundary-caption").offsetHeight,
      ),
    );
    canvas.style.maxWidth = canvas.style.maxHeight = `${side}px`;
    canvas.width = canvas.height = Math.round(side * ratio);
    const context = canvas.getContext("2d");
    const pixels = image.getContext("2d").createImageData(grid, grid);
    values[frame].forEach((value, i) => {
      const at = 4 * ((grid - 1 - Math.floor(i / grid)) * grid + (i % grid));
      pixels.data.set([...zone(value, paper, ends), 255], at);
    });
    image.getContext("2d").putImageData(pixels, 0, 0);
    context.scale(ratio, ratio);
    context.imageSmoothingEnabled = kind !== "classes";
    const cell = side / (grid - 1); // the outermost points of the grid lie on the edge: half a pixel of each is cut off
    context.drawImage(image, -cell / 2, -cell / 2, side + cell, side + cell);
    if (kind === "score") {
      context.strokeStyle = ink;
      context.lineWidth = 2.5;
      context.beginPath();
      for (const [x0, y0, x1, y1] of contour(values[frame], grid, threshold)) {
        context.moveTo(x0 * cell, side - y0 * cell);
        context.lineTo(x1 * cell, side - y1 * cell);
      }
      context.stroke();
    }
    context.lineWidth = 1.3;
    context.strokeStyle = blank;
    for (const [x, y, target] of boundary.points) {
      const [u, v] = [((x - left) / (right - left)) * side, side - ((y - bottom) / (top - bottom)) * side];
      const mark = new Path2D();
      mark.addPath(new Path2D(markOf(kind === "number" ? 0 : target)), new DOMMatrix([1, 0, 0, 1, u, v]));
      context.fillStyle = kind === "number" ? rgb(zone(target, paper, ends)) : colourOfMark(target);
      context.fill(mark);
      context.stroke(mark);
    }
    context.fillStyle = ink;
    context.font = "italic 15px Georgia, serif";
    context.fillText(`${typeset(boundary.features[0])} →`, side - 14 - 8 * boundary.features[0].length - 14, side - 8);
    context.fillText(`↑ ${typeset(boundary.features[1])}`, 8, 20);
    const what = kind !== "number" ? "Decision boundary" : `${outputs > 1 ? "First output" : "Output"} over the plane`;
    const note = {
      score: `the line is where ${outputs > 1 ? "the two outputs are equal" : `the output is ${threshold}`}`,
      classes: "the likeliest class everywhere",
      number: "blue is high, orange is low",
    }[kind];
    caption("boundary-caption", `${what}, ${training.nameOf(frame)}`, note, ...classes.flatMap(legendOf));
    canvas.setAttribute(
      "aria-label",
      `${what}, ${boundary.features.join(" and ")}, ${training.nameOf(frame)}; ${counted(boundary.points.length, "sample")}`,
    );
  };
}

function legendOf(name, target) {
  const mark = make(SVG, "path", { d: markOf(target), fill: colourOfMark(target) });
  const drawn = make(SVG, "svg", { class: "mark", viewBox: "-7 -7 14 14", "aria-hidden": "true" }, mark);
  return [target ? ", " : "; ", make("", "span", { class: "class" }, drawn, ` class ${name}`)];
}

// ---------------------------------------------------------------- the losses

const BOX = { w: 560, h: 240, left: 52, right: 46, top: 12, bottom: 30 };

// From numbers to heights on the page, logarithmic if they span more than a factor of thirty.
function scaleOf(numbers) {
  const [low, high] = extent(numbers);
  const logarithmic = low > 0 && high / low > 30;
  const bottom = low >= 0 && low < 0.3 * high ? 0 : low;
  const [a, b] = logarithmic ? [Math.log(low), Math.log(high)] : [bottom, high];
  const share = (x) => (a === b ? 0.5 : ((logarithmic ? Math.log(x) : x) - a) / (b - a));
  const height = (x) => BOX.h - BOX.bottom - share(x) * (BOX.h - BOX.top - BOX.bottom);
  const shares = a === b ? [0] : [0, 0.5, 1];
  const ticks = shares.map((part) => (logarithmic ? Math.exp(a + part * (b - a)) : a + part * (b - a)));
  return { height, ticks };
}

function lossChart(training) {
  const svg = byId("losses");
  const [records, last] = [Object.entries(training.records), training.epochCount];
  svg.setAttribute("viewBox", `0 0 ${BOX.w} ${BOX.h}`);
  const x = (epoch) => BOX.left + (epoch / Math.max(1, last)) * (BOX.w - BOX.left - BOX.right);
  const text = (at, y, words, anchor) => svg.append(make(SVG, "text", { x: at, y, "text-anchor": anchor }, words));
  const isLoss = (record) => record[0].endsWith("loss");
  const sides = [records.filter(isLoss), records.filter((record) => !isLoss(record))];
  const names = records.map(([name]) => name);
  sides.forEach((side, right) => {
    const numbers = side.flatMap(([, series]) => series);
    if (!numbers.some(Number.isFinite)) return;
    const { height, ticks } = scaleOf(numbers);
    const digits = [2, 3, 4].find((n) => new Set(ticks.map((tick) => tick.toPrecision(n))).size === ticks.length) ?? 4;
    for (const tick of ticks) {
      if (!right)
        svg.append(make(SVG, "path", { class: "axis", d: `M${BOX.left} ${round(height(tick))}H${BOX.w - BOX.right}` }));
      text(
        right ? BOX.w - BOX.right + 6 : BOX.left - 6,
        height(tick) + 4,
        short(Number(tick.toPrecision(digits))),
        right ? "start" : "end",
      );
    }
    for (const [name, series] of side) {
      const points = series.flatMap((number, i) =>
        Number.isFinite(number) ? [`${round(x(i + 1))} ${round(height(number))}`] : [],
      );
      if (!points.length) continue;
      const stroke = rgb(zoneOf(names.indexOf(name)));
      svg.append(
        make(SVG, "path", {
          d: `M${points.join("L")}${points.length === 1 ? "h0" : ""}`, // one number is a dot
          fill: "none",
          stroke,
          "stroke-width": points.length === 1 ? 7 : 2.2,
          "stroke-linecap": "round",
          "stroke-dasharray": right && points.length > 1 ? "6 4" : "none",
        }),
      );
    }
  });
  text(BOX.left, BOX.h - 8, "0", "middle");
  text(BOX.w - BOX.right, BOX.h - 8, String(last), "middle");
  text((BOX.left + BOX.w - BOX.right) / 2, BOX.h - 8, "epoch", "middle");
  const cursor = make(SVG, "path", { class: "cursor" });
  svg.append(cursor);
  return (frame) => {
    const epoch = training.epochs[frame];
    cursor.setAttribute("d", `M${round(x(epoch))} ${BOX.top}V${BOX.h - BOX.bottom}`);
    const now = records.map(
      ([name, series]) => `${name.replaceAll("_", " ")} ${epoch ? short(series[epoch - 1]) : "–"}`,
    );
    const keys = now.flatMap((words, i) => [make("", "i", { "data-line": i }, "▬ "), `${words}  `]);
    caption("loss-caption", names.length ? "Losses and metrics" : "No losses were recorded", ...keys);
    for (const mark of byId("loss-caption").querySelectorAll("i")) mark.style.color = rgb(zoneOf(mark.dataset.line));
    svg.setAttribute("aria-label", `Losses over the epochs, ${training.nameOf(frame)}: ${now.join(", ")}`);
    return epoch ? now.join(", ") : frame ? "no epoch was completed" : "before the first step";
  };
}

function startScrubbing(training, transport) {
  const svg = byId("losses");
  const scrub = (event) => {
    if (!event.buttons) return;
    const matrix = svg.getScreenCTM();
    const share = ((event.clientX - matrix.e) / matrix.a - BOX.left) / (BOX.w - BOX.left - BOX.right);
    const wanted = share * training.epochCount;
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
  const place = (column, i) => [30 + (column * (w - 60)) / (sizes.length - 1), (h * (i + 0.5)) / sizes[column]];
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

// What is too large, or no chain of layers: one row a module, with the range of its parameters.
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
