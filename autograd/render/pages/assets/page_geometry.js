"use strict";
// Where things are on the page: empty space that shrinks, lines, views.  Needs no document.

// Each column or row of empty space wider than `most` shrinks to it: a map from old to new coordinates that keeps the
// order of everything.  This is how a collapsed module gives its room back.
function squeezed(intervals, most) {
  const sorted = [...intervals].sort((a, b) => a[0] - b[0]);
  const cuts = []; // empty spaces, with how much is taken out before and after each
  let end = sorted.length ? sorted[0][0] : 0;
  let taken = 0;
  for (const [from, to] of sorted) {
    if (from - end > most) {
      cuts.push({ start: end, end: from, before: taken, after: taken + from - end - most });
      taken += from - end - most;
    }
    end = Math.max(end, to);
  }
  return (x) => {
    let shift = 0;
    for (const cut of cuts) {
      if (x >= cut.end) shift = cut.after;
      else if (x > cut.start)
        return x - cut.before - ((cut.after - cut.before) * (x - cut.start)) / (cut.end - cut.start);
      else break;
    }
    return x - shift;
  };
}

// A squeezed axis that begins at 0 with the first of the spans shown, and how long it is.
/** @returns {[(x: number) => number, number]} */
function fromZero(shown, solid, most) {
  const squeeze = squeezed(solid, most);
  const [begin] = extent(shown.map(([from]) => squeeze(from)));
  const [, end] = extent(shown.map(([, to]) => squeeze(to)));
  return [(x) => squeeze(x) - begin, end - begin];
}

// The outermost collapsed cluster around each cluster, itself included; -1 for none.
function outermostCollapsed(clusters, collapsed) {
  return clusters.map((_, i) => {
    let found = -1;
    for (let c = i; c >= 0; c = clusters[c].parent) if (collapsed.has(c)) found = c;
    return found;
  });
}

// Where everything stands with these modules closed: as it was laid out, if it was; else as with all of them open, but
// without the space that nothing needs any more.  `line(i)` are the points of an edge, `label(i)` is the middle of its label.
/** @param {PageGraph} graph @param {Set<number>} collapsed */
function spotsOf(graph, collapsed) {
  const { boxes, clusters, edges } = graph;
  const outermost = outermostCollapsed(clusters, collapsed);
  const stand = boxes.map((box) => (box.cluster < 0 ? -1 : outermost[box.cluster])); // the closed module of each box
  const closed = [...clusters.keys()].filter((c) => outermost[c] === c);
  const found = { outermost, stand, closed: new Set(closed) };
  const view = closed.length
    ? graph.views.find((one) => one.closed.length === closed.length && one.closed.every((c) => found.closed.has(c)))
    : { ...sizeOf([...boxes, ...clusters]), boxes, clusters, edges };
  if (!view) return { ...found, ...squeezedSpots(graph, found) };
  return {
    ...view,
    ...found,
    line: (i) => view.edges[i].route,
    label: (i) => view.edges[i].label,
  };
}

function sizeOf(places) {
  return { width: extent(places.map(({ x, w }) => x + w))[1], height: extent(places.map(({ y, h }) => y + h))[1] };
}

function squeezedSpots({ boxes, clusters, edges }, { outermost, stand, closed }) {
  const small = clusters.map(({ x, y, w, h, small: [width, height] }) => {
    const [wide, high] = [Math.min(w, width), Math.min(h, height)];
    return { x: x + (w - wide) / 2, y: y + (h - high) / 2, w: wide, h: high };
  });
  const open = clusters.filter((_, c) => outermost[c] < 0);
  const solid = [...boxes.filter((_, i) => stand[i] < 0), ...small.filter((_, c) => closed.has(c))];
  const shown = [...solid, ...open];
  const [across, down] = [(all) => all.map(({ x, w }) => [x, x + w]), (all) => all.map(({ y, h }) => [y, y + h])];
  const borders = open.flatMap(({ x, w }) => [
    [x, x + 2],
    [x + w - 2, x + w],
  ]);
  const headers = open.flatMap(({ y, h }) => [
    [y, y + 24],
    [y + h - 6, y + h],
  ]);
  const [mapX, width] = fromZero(across(shown), [...across(solid), ...borders], 62);
  const [mapY, height] = fromZero(down(shown), [...down(solid), ...headers], 26);
  const moved = ({ x, y, w, h }, whole) => {
    const [left, top] = [mapX(x), mapY(y)];
    return { x: left, y: top, w: whole ? w : mapX(x + w) - left, h: whole ? h : mapY(y + h) - top };
  };
  const places = clusters.map((cluster, c) => (closed.has(c) ? moved(small[c], true) : moved(cluster, false)));
  const beside = ({ x, y, w, h }, right) => [right ? x + w : x, y + h / 2];
  const line = (i) => {
    const { source, target, route } = edges[i];
    const [from, to] = [stand[source], stand[target]];
    let points = route;
    if (from >= 0) points = points.slice(points.findLastIndex((point) => isWithin(point, clusters[from])) + 1);
    if (to >= 0) {
      const inside = points.findIndex((point) => isWithin(point, clusters[to]));
      if (inside >= 0) points = points.slice(0, inside);
    }
    points = points.map(([x, y]) => [mapX(x), mapY(y)]);
    if (from >= 0) points.unshift(beside(places[from], true));
    if (to >= 0) points.push(beside(places[to], false));
    return points;
  };
  const label = (i) => [mapX(edges[i].label[0]), mapY(edges[i].label[1])];
  return { width, height, boxes: boxes.map((box) => moved(box, true)), clusters: places, line, label };
}

function isWithin(point, place) {
  const [x, y] = point;
  return x >= place.x - 0.01 && x <= place.x + place.w + 0.01 && y >= place.y - 0.01 && y <= place.y + place.h + 0.01;
}

// A line through points, from left to right with level ends.
function pathThrough(points) {
  let path = `M${round(points[0][0])} ${round(points[0][1])}`;
  for (let i = 1; i < points.length; i++) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    if (y0 === y1) path += `H${round(x1)}`;
    else {
      const bend = x1 > x0 ? (x1 - x0) / 2 : 40;
      path += `C${round(x0 + bend)} ${round(y0)} ${round(x1 - bend)} ${round(y1)} ${round(x1)} ${round(y1)}`;
    }
  }
  return path;
}

function round(x) {
  return Math.round(x * 10) / 10;
}

// The view {x, y, scale} that shows `width` × `height` whole in a window, never larger than life and a half.
function fitted(width, height, window) {
  const margin = 10;
  const room = { w: Math.max(50, window.w - 2 * margin), h: Math.max(50, window.h - 2 * margin) };
  const scale = Math.min(room.w / Math.max(width, 1), room.h / Math.max(height, 1), 1.5);
  return { x: (window.w - width * scale) / 2, y: (window.h - height * scale) / 2, scale };
}

// The view at this scale with a box in the middle, but no empty margin where there is more of the picture to show.
function centred(place, scale, width, height, window) {
  const along = (middle, size, room) => {
    const wanted = room / 2 - middle * scale;
    if (size * scale <= room - 20) return (room - size * scale) / 2;
    return Math.min(10, Math.max(room - 10 - size * scale, wanted));
  };
  return {
    x: along(place.x + place.w / 2, width, window.w),
    y: along(place.y + place.h / 2, height, window.h),
    scale,
  };
}

// The place around places.
/** @param {Place[]} places @returns {Place} */
function surrounding(places) {
  const x = Math.min(...places.map((place) => place.x));
  const y = Math.min(...places.map((place) => place.y));
  const w = Math.max(...places.map((place) => place.x + place.w)) - x;
  return { x, y, w, h: Math.max(...places.map((place) => place.y + place.h)) - y };
}

// The view magnified around the point (x, y) of the window.
function zoomed(view, by, x, y) {
  const scale = Math.max(0.01, Math.min(6, view.scale * by));
  const ratio = scale / view.scale;
  return { x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio, scale };
}

// Boxes and modules in the order in which one reads them: a module before what is in it, else from left to right, and
// from top to bottom in a column.  `items` have a place and the module they are in: -1 for the page.
function readingOrder(items) {
  const inside = new Map();
  for (const item of items) {
    if (!inside.has(item.parent)) inside.set(item.parent, []);
    inside.get(item.parent).push(item);
  }
  const column = ({ place }) => Math.round((place.x + place.w / 2) / 8);
  const order = [];
  const add = (parent) => {
    const some = inside.get(parent) ?? [];
    for (const item of some.sort((a, b) => column(a) - column(b) || a.place.y - b.place.y)) {
      order.push(item);
      if (item.cluster >= 0) add(item.cluster);
    }
  };
  add(-1);
  return order;
}
