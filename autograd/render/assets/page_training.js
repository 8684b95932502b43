// The page of a training: the decision boundary, the losses and the weights through the epochs.

const ZONES = [
  [31, 119, 200],
  [236, 128, 38],
  [60, 160, 90],
  [190, 70, 160],
  [120, 100, 200],
  [0, 150, 160],
  [200, 80, 80],
  [140, 120, 40],
  [90, 110, 130],
  [210, 160, 0],
];

const colourOf = (zone) => `rgb(${ZONES[zone].join(" ")})`;

function startTraining(training) {
  byId("training").hidden = false;
  byId("search").hidden = byId("found").hidden = true;
  byId("about").textContent =
    `${training.names.length} parameters, ${training.epochs.at(-1)} epochs, ${training.epochs.length} of them kept`;
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
    return `Epoch ${training.epochs[frame]}: ${draw()}`;
  };
  const last = training.epochs.length - 1;
  const transport = startTransport(last, show, (i) => `epoch ${training.epochs[i]} of ${training.epochs[last]}`, 250);
  startScrubbing(training, transport);
  document.addEventListener("themechange", draw);
  new ResizeObserver(draw).observe(byId("training"));
  byId("slider").setAttribute("aria-label", "Epoch");
  transport.start();
  sayWhenDrawn();
}

function caption(id, title, ...note) {
  byId(id).replaceChildren(title, make("", "small", {}, " · ", ...note));
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
    .filter((value) => value !== null)
    .map((value) => Math.abs(value - threshold))
    .sort((a, b) => a - b);
  return distances[Math.floor(distances.length * 0.85)] || 1;
}

function boundaryMap(training) {
  const { boundary } = training;
  const { grid, values, kind, threshold } = boundary;
  const [[left, right], [bottom, top]] = boundary.plane;
  const canvas = byId("boundary");
  const middle = kind === "number" ? (Math.min(...values.flat()) + Math.max(...values.flat())) / 2 : threshold;
  const full = spread(values, middle);
  const image = make("", "canvas", { width: grid, height: grid });
  const zone = (value, paper) => {
    if (value === null) return paper;
    if (kind === "classes") return ZONES[value].map((c, i) => 0.45 * c + 0.55 * paper[i]);
    const strength = 0.75 * Math.min(1, Math.abs(value - middle) / full);
    return ZONES[value < middle ? 0 : 1].map((c, i) => strength * c + (1 - strength) * paper[i]);
  };
  return (frame) => {
    const dark = document.documentElement.dataset.theme === "dark";
    const [paper, ink] = dark ? [[20, 24, 29], "#e6ebf0"] : [[255, 255, 255], "#1d2733"];
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
      pixels.data.set([...zone(value, paper), 255], at);
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
    context.strokeStyle = dark ? "#000000" : "#ffffff";
    for (const [x, y, target] of boundary.points) {
      const [u, v] = [((x - left) / (right - left)) * side, side - ((y - bottom) / (top - bottom)) * side];
      const colour = kind === "number" ? zone(target, paper) : ZONES[target];
      context.fillStyle = `rgb(${colour.map((c) => Math.round(c * (kind === "number" ? 1 : 0.85))).join(" ")})`;
      context.beginPath();
      if (target % 2 && kind !== "number")
        context.rect(u - 4.3, v - 4.3, 8.6, 8.6); // a shape too: colours are not seen alike by all
      else context.arc(u, v, 5, 0, 7);
      context.fill();
      context.stroke();
    }
    context.fillStyle = ink;
    context.font = "italic 15px Georgia, serif";
    context.fillText(`${typeset(boundary.features[0])} →`, side - 14 - 8 * boundary.features[0].length - 14, side - 8);
    context.fillText(`↑ ${typeset(boundary.features[1])}`, 8, 20);
    const what = kind === "number" ? "Output over the plane" : "Decision boundary";
    const note = {
      score: `the line is where the output is ${threshold}; ● class ${boundary.classes[0]}, ■ class ${boundary.classes[1] ?? "?"}`,
      classes: "the likeliest class everywhere",
      number: "orange is high, blue is low",
    }[kind];
    caption("boundary-caption", `${what}, epoch ${training.epochs[frame]}`, note);
    canvas.setAttribute(
      "aria-label",
      `${what} over ${boundary.features.join(" and ")}, epoch ${training.epochs[frame]}; ${boundary.points.length} samples`,
    );
  };
}

// ---------------------------------------------------------------- the losses

const BOX = { w: 560, h: 240, left: 52, right: 46, top: 12, bottom: 30 };

// From numbers to heights on the page, logarithmic if they span more than a factor of thirty.
function scaleOf(numbers) {
  const finite = numbers.filter((x) => x !== null);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const logarithmic = low > 0 && high / low > 30;
  const [a, b] = logarithmic
    ? [Math.log(low), Math.log(high)]
    : [Math.min(low, low >= 0 && low < 0.3 * high ? 0 : low), high];
  const span = b - a || 1;
  const height = (x) =>
    BOX.h - BOX.bottom - (((logarithmic ? Math.log(x) : x) - a) / span) * (BOX.h - BOX.top - BOX.bottom);
  const ticks = [0, 0.5, 1].map((share) => (logarithmic ? Math.exp(a + share * span) : a + share * span));
  return { height, ticks };
}

function lossChart(training) {
  const svg = byId("losses");
  const [records, last] = [Object.entries(training.records), training.epochs.at(-1)];
  svg.setAttribute("viewBox", `0 0 ${BOX.w} ${BOX.h}`);
  const x = (epoch) => BOX.left + (epoch / Math.max(1, last)) * (BOX.w - BOX.left - BOX.right);
  const text = (at, y, words, anchor) => svg.append(make(SVG, "text", { x: at, y, "text-anchor": anchor }, words));
  const isLoss = ([name]) => name.endsWith("loss");
  const sides = [records.filter(isLoss), records.filter((record) => !isLoss(record))];
  const names = records.map(([name]) => name);
  sides.forEach((side, right) => {
    const numbers = side.flatMap(([, series]) => series);
    if (!numbers.some((number) => number !== null)) return;
    const { height, ticks } = scaleOf(numbers);
    for (const tick of ticks) {
      if (!right)
        svg.append(make(SVG, "path", { class: "axis", d: `M${BOX.left} ${round(height(tick))}H${BOX.w - BOX.right}` }));
      text(
        right ? BOX.w - BOX.right + 6 : BOX.left - 6,
        height(tick) + 4,
        short(Number(tick.toPrecision(2))),
        right ? "start" : "end",
      );
    }
    for (const [name, series] of side) {
      const points = series.flatMap((number, i) =>
        number === null ? [] : [`${round(x(i + 1))} ${round(height(number))}`],
      );
      const stroke = colourOf(names.indexOf(name) % ZONES.length);
      svg.append(
        make(SVG, "path", {
          d: `M${points.join("L")}`,
          fill: "none",
          stroke,
          "stroke-width": 2.2,
          "stroke-dasharray": right ? "6 4" : "none",
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
    const keys = now.flatMap((words, i) => [
      make("", "i", { class: "line", "data-line": i % ZONES.length }, "▬ "),
      `${words}  `,
    ]);
    caption("loss-caption", names.length ? "Losses and metrics" : "No losses were recorded", ...keys);
    for (const mark of byId("loss-caption").querySelectorAll("i")) mark.style.color = colourOf(mark.dataset.line);
    svg.setAttribute("aria-label", `Losses over the epochs. Epoch ${epoch}: ${now.join(", ")}`);
    return epoch ? now.join(", ") : "before the first step";
  };
}

function startScrubbing(training, transport) {
  const svg = byId("losses");
  const scrub = (event) => {
    if (!event.buttons) return;
    const matrix = svg.getScreenCTM();
    const share = ((event.clientX - matrix.e) / matrix.a - BOX.left) / (BOX.w - BOX.left - BOX.right);
    const wanted = share * training.epochs.at(-1);
    const distances = training.epochs.map((epoch) => Math.abs(epoch - wanted));
    transport.goTo(distances.indexOf(Math.min(...distances)));
  };
  for (const kind of ["pointerdown", "pointermove"]) svg.addEventListener(kind, scrub);
}

// ---------------------------------------------------------------- the weights

const signed = (weight) => colourOf(weight < 0 ? 1 : 0);

// Units in columns, a line for each weight: as thick as it is large, blue for positive, orange for negative.
function networkDrawing(training) {
  const { layers, states, names } = training;
  const sizes = [layers[0].weights[0].length, ...layers.map((layer) => layer.weights.length)];
  const [w, h] = [560, 300];
  const place = (column, i) => [30 + (column * (w - 60)) / (sizes.length - 1), (h * (i + 0.5)) / sizes[column]];
  const largest = layers.map(
    (layer) => Math.max(...states.flatMap((state) => layer.weights.flat().map((i) => Math.abs(state[i] ?? 0)))) || 1,
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
      const weight = state[index] ?? 0;
      line.setAttribute("stroke", signed(weight));
      line.setAttribute("stroke-width", round(0.3 + (5.5 * Math.abs(weight)) / most));
      line.setAttribute("opacity", Math.min(1, 0.25 + Math.abs(weight) / most).toFixed(2));
      line.firstChild.textContent = `${names[index]} = ${state[index]}`;
    }
    for (const [circle, index] of circles) {
      const bias = index < 0 ? 0 : (state[index] ?? 0);
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
      const numbers = indices.map((i) => training.states[frame][i] ?? NaN);
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
if (typeof module !== "undefined") Object.assign(module.exports, { contour, scaleOf });
