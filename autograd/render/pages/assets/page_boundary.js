"use strict";
// What a model of two features says all over the plane: a map, its border, and the samples.

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

// A grid with `by` steps where there was one, on smooth curves through its points (Catmull and Rom, 1974).
function refined(values, size, by) {
  const fine = (size - 1) * by + 1;
  const along = (line) =>
    Array.from({ length: fine }, (_, i) => {
      const at = Math.min(Math.floor(i / by), size - 2);
      const t = i / by - at;
      const [b, c] = [line[at], line[at + 1]];
      const [a, d] = [at ? line[at - 1] : 2 * b - c, at + 2 < size ? line[at + 2] : 2 * c - b];
      return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
    });
  const rows = Array.from({ length: size }, (_, row) => along(values.slice(row * size, (row + 1) * size)));
  const columns = Array.from({ length: fine }, (_, column) => along(rows.map((row) => row[column])));
  return Array.from({ length: fine * fine }, (_, i) => columns[i % fine][Math.floor(i / fine)]);
}

// The likeliest class everywhere: at each point the best leads by so much, and the others are behind by as much.
function likeliest(best, leads, size, by) {
  const found = [...new Set(best)];
  const fields = found.map((c) =>
    refined(
      best.map((other, i) => (other === c ? leads[i] : -leads[i])),
      size,
      by,
    ),
  );
  return fields[0].map((_, i) => found[fields.reduce((top, field, k) => (field[i] > fields[top][i] ? k : top), 0)]);
}

const FINE = { number: 150, score: 150, classes: 240 }; // points along each side of what is drawn, at least

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
  const by = Math.max(1, Math.ceil(FINE[kind] / (grid - 1)));
  const size = (grid - 1) * by + 1;
  const image = make("", "canvas", { width: size, height: size });
  const zone = (value, paper, ends) => {
    if (!Number.isFinite(value)) return paper;
    if (kind === "classes") return zoneOfClass(value).map((c, i) => 0.45 * c + 0.55 * paper[i]);
    const strength = 0.75 * Math.min(1, Math.abs(value - middle) / full);
    return ends[value < middle ? 0 : 1].map((c, i) => strength * c + (1 - strength) * paper[i]);
  };
  const margin = { left: 54, bottom: 44, top: 8, right: 12 };
  let [side, fine, shown] = [0, [], -1];
  const toX = (x) => margin.left + ((x - left) / (right - left)) * side;
  const toY = (y) => margin.top + side - ((y - bottom) / (top - bottom)) * side;
  onHover(canvas, (x, y) => {
    const [u, v] = [(x - margin.left) / side, 1 - (y - margin.top) / side];
    if (!fine.length || Math.min(u, v) < 0 || Math.max(u, v) > 1) return "";
    const value = fine[Math.round(v * (size - 1)) * size + Math.round(u * (size - 1))];
    const place = [left + u * (right - left), bottom + v * (top - bottom)].map((number) =>
      short(Number(number.toPrecision(3))),
    );
    const named = boundary.features.map((name, i) => `${typeset(name)} = ${place[i]}`).join(", ");
    if (kind === "classes") return `${named}: class ${classes[value]}`;
    const said = kind === "score" ? `, class ${classes[Number(value > threshold)] ?? classes[0]}` : "";
    return `${named}: ${outputs > 1 && kind === "score" ? "lead" : "output"} ${short(Number(value.toPrecision(3)))}${said}`;
  });
  return (frame) => {
    const dark = document.documentElement.dataset.theme === "dark";
    const { canvas: blank, ink, positive, negative } = PAINTS[dark ? "dark" : "light"];
    const paper = channels(blank);
    const ends = kind === "number" ? [negative, positive].map(channels) : [0, 1].map(zoneOfClass);
    const ratio = devicePixelRatio || 1;
    const room = canvas.parentElement;
    side = Math.max(
      50,
      Math.min(
        room.clientWidth - margin.left - margin.right,
        room.clientHeight - byId("boundary-caption").offsetHeight - margin.top - margin.bottom,
      ),
    );
    const [width, height] = [side + margin.left + margin.right, side + margin.top + margin.bottom];
    [canvas.style.maxWidth, canvas.style.maxHeight] = [`${width}px`, `${height}px`];
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    const context = canvas.getContext("2d");
    if (shown !== frame)
      fine =
        kind === "classes"
          ? likeliest(values[frame], boundary.leads[frame], grid, by)
          : refined(values[frame], grid, by);
    shown = frame;
    const pixels = image.getContext("2d").createImageData(size, size);
    fine.forEach((value, i) => {
      const at = 4 * ((size - 1 - Math.floor(i / size)) * size + (i % size));
      pixels.data.set([...zone(value, paper, ends), 255], at);
    });
    image.getContext("2d").putImageData(pixels, 0, 0);
    context.scale(ratio, ratio);
    const cell = side / (size - 1);
    context.save();
    context.beginPath();
    context.rect(margin.left, margin.top, side, side);
    context.clip(); // the outermost points lie on the edge: half a pixel of each is cut off
    context.drawImage(image, margin.left - cell / 2, margin.top - cell / 2, side + cell, side + cell);
    if (kind === "score") {
      context.strokeStyle = ink;
      context.lineWidth = 2.5;
      context.lineCap = "round";
      context.beginPath();
      for (const [x0, y0, x1, y1] of contour(fine, size, threshold)) {
        context.moveTo(margin.left + x0 * cell, margin.top + side - y0 * cell);
        context.lineTo(margin.left + x1 * cell, margin.top + side - y1 * cell);
      }
      context.stroke();
    }
    context.lineWidth = 1.3;
    context.strokeStyle = blank;
    for (const [x, y, target] of boundary.points) {
      const mark = new Path2D();
      mark.addPath(new Path2D(markOf(kind === "number" ? 0 : target)), new DOMMatrix([1, 0, 0, 1, toX(x), toY(y)]));
      context.fillStyle = kind === "number" ? rgb(zone(target, paper, ends)) : colourOfMark(target);
      context.fill(mark);
      context.stroke(mark);
    }
    context.restore();
    context.strokeStyle = context.fillStyle = ink;
    context.lineWidth = 1;
    context.strokeRect(margin.left, margin.top, side, side);
    context.font = `12px ${getComputedStyle(document.documentElement).fontFamily}`;
    context.beginPath();
    context.textAlign = "center";
    const few = Math.max(2, Math.min(6, Math.floor(side / 60)));
    for (const tick of roundTicks(left, right, few)) {
      context.moveTo(toX(tick), margin.top + side);
      context.lineTo(toX(tick), margin.top + side + 5);
      context.fillText(short(tick), toX(tick), margin.top + side + 18);
    }
    context.textAlign = "right";
    for (const tick of roundTicks(bottom, top, few)) {
      context.moveTo(margin.left, toY(tick));
      context.lineTo(margin.left - 5, toY(tick));
      context.fillText(short(tick), margin.left - 8, toY(tick) + 4);
    }
    context.stroke();
    context.textAlign = "center";
    context.font = "italic 15px Georgia, serif";
    context.fillText(typeset(boundary.features[0]), margin.left + side / 2, height - 8);
    context.translate(14, margin.top + side / 2);
    context.rotate(-Math.PI / 2);
    context.fillText(typeset(boundary.features[1]), 0, 0);
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
