// The picture of a graph: drawn once; then only what a step changes is changed.

const SKETCHED = 800; // edges, beyond which they are drawn on a canvas
const BUTTONS = 48; // pixels at the bottom
const READABLE = 0.65; // the scale from which on text has 8 pixels

class Picture {
  constructor(graph) {
    this.graph = graph;
    this.svg = byId("picture");
    this.world = make(SVG, "g", { id: "world" });
    const arrow = make(
      SVG,
      "marker",
      {
        id: "arrow",
        viewBox: "0 0 8 8",
        refX: 7,
        refY: 4,
        markerWidth: 9,
        markerHeight: 9,
        markerUnits: "userSpaceOnUse",
        orient: "auto-start-reverse",
      },
      make(SVG, "path", { d: "M0 0.8L8 4L0 7.2z", fill: "context-stroke" }),
    );
    this.svg.append(make(SVG, "defs", {}, arrow), this.world);
    this.collapsed = new Set(graph.clusters.flatMap((cluster, i) => (cluster.closed ? [i] : [])));
    this.few = graph.boxes.length <= 300; // beyond, Tab goes to the modules and the boxes of the current step only
    this.unknown = graph.edges.some(
      ({ partial, source }) => partial === null && graph.boxes[source].kind !== "constant",
    );
    this.lit = [];
    const [clusters, edges, boxes] = ["clusters", "edges", "boxes"].map((name) => make(SVG, "g", { class: name }));
    this.clusters = graph.clusters.map((cluster, i) => this.#cluster(cluster, i));
    this.edges = graph.edges.map(() => ({ path: null, label: null }));
    this.layer = edges;
    this.canvas = graph.edges.length > SKETCHED ? byId("sketch") : null;
    this.boxes = graph.boxes.map((box, i) => this.#box(box, i));
    clusters.append(...this.clusters);
    if (this.few) boxes.append(...this.boxes.map((box) => box.group));
    this.shelf = boxes;
    this.world.append(clusters, edges, boxes);
    this.svg.setAttribute(
      "aria-label",
      `Computation graph: ${graph.boxes.length} boxes, ${graph.edges.length} edges, ${graph.clusters.length} modules`,
    );
    if (this.few) for (const i of graph.boxes.keys()) this.#write(i);
    this.resize();
  }

  // Measures the window, and says whether it has changed; `room` is what of it the buttons leave.
  resize() {
    const [w, h] = [this.svg.clientWidth, this.svg.clientHeight];
    if (w === this.window?.w && h === this.window.h) return false;
    this.window = { w, h };
    this.room = { w, h: Math.max(h / 2, h - BUTTONS) };
    return true;
  }

  #cluster(cluster, i) {
    const title = make(SVG, "text", { class: "title" }, visible(cluster.title));
    const header = make(
      SVG,
      "g",
      { class: "header", role: "button", tabindex: 0, "data-cluster": i },
      make(SVG, "rect", { rx: 6 }),
      make(SVG, "path", { class: "sign" }),
      title,
    );
    return make(
      SVG,
      "g",
      { class: `cluster depth${this.#depth(cluster) % 2}` },
      make(SVG, "rect", { class: "frame", rx: 12 }),
      header,
    );
  }

  #depth(cluster) {
    let depth = 0;
    for (let c = cluster; c.parent >= 0; c = this.graph.clusters[c.parent]) depth++;
    return depth;
  }

  #box(box, i) {
    const rounding = box.kind === "constant" ? 13 : box.operation ? 10 : 4;
    const group = make(
      SVG,
      "g",
      { class: `box ${box.kind}`, "data-box": i, "data-name": box.name, role: "button", tabindex: this.few ? 0 : -1 },
      make(SVG, "rect", { width: box.w, height: box.h, rx: rounding }),
    );
    return { group, value: null, adjoint: null, written: false };
  }

  // The text of a box: of a large graph that of the boxes only that are near enough to be read.
  #write(i) {
    const [made, box] = [this.boxes[i], this.graph.boxes[i]];
    if (made.written) return;
    made.written = true;
    const text = (x, y, kind, words, anchor = "start") => {
      const element = make(SVG, "text", { x, y, class: kind, "text-anchor": anchor }, words);
      made.group.append(element);
      return element;
    };
    if (box.kind === "constant") text(box.w / 2, 17.5, "number", visible(box.name), "middle");
    else if (box.kind === "group") {
      text(12, 21, "name", cut(visible(box.name), "name", box.w - 24));
      for (const [line, note] of box.notes.entries()) text(12, 40 + 16 * line, "note", visible(note));
    } else {
      const [room, name] = [box.w - (box.operation ? 28 : 20), typeset(box.short || box.name)];
      const operation = cut(visible(box.operation), "operation", room - Math.min(widthOf(name, "name"), room / 2));
      text(10, 19, "name", cut(name, "name", room - widthOf(operation, "operation")));
      if (operation) text(box.w - 10, 19, "operation", operation, "end");
      text(10, 37, "key", "data");
      text(10, 53, "key", "grad");
      made.value = text(box.w - 10, 37, "value", "", "end");
      made.adjoint = text(box.w - 10, 53, "adjoint", "", "end");
      const folded = box.notes.find((note) => note.startsWith("folded"));
      if (folded) text(10, 69, "note", folded);
      if (box.notes.some((note) => note !== folded))
        made.group.append(
          make(SVG, "circle", { class: "mark", cx: box.w, cy: 0, r: 7 }),
          make(SVG, "text", { class: "mark", x: box.w, y: 4, "text-anchor": "middle" }, "!"),
        );
    }
    if (this.walk) this.showNumbers(i, this.walk);
  }

  // The part of the picture that is in the window.
  #near() {
    const { x, y, scale } = this.view;
    return [-x / scale, -y / scale, (this.window.w - x) / scale, (this.window.h - y) / scale];
  }

  // Of a large graph only the boxes in the window are in the document: the browser lays out all that is.
  #showWhatIsNear() {
    const [left, top, right, bottom] = this.#near();
    this.places.forEach((place, i) => {
      const { group } = this.boxes[i];
      const near = place.x < right && place.x + place.w > left && place.y < bottom && place.y + place.h > top;
      if (near && !this.far) this.#write(i);
      if (near && !group.parentNode) this.shelf.append(group);
      else if (!near && group.parentNode && group !== document.activeElement) group.remove();
    });
  }

  // The line of an edge as an element: of every edge, or in a large graph of those of the current step.
  #line(i) {
    const made = this.edges[i];
    if (made.path) return made.path;
    const kind = this.graph.boxes[this.graph.edges[i].source].kind;
    made.path = make(SVG, "path", { class: `edge ${kind}`, "marker-end": "url(#arrow)" });
    this.layer.append(made.path);
    return made.path;
  }

  #label(i) {
    const [made, { partial, source, label }] = [this.edges[i], this.graph.edges[i]];
    if (this.graph.boxes[source].kind === "constant" || this.graph.summary) return;
    if (!made.label) {
      made.label = make(SVG, "text", { class: "partial", "text-anchor": "middle", x: 0, y: 4 }, short(partial));
      this.layer.append(made.label);
    }
    made.label.setAttribute("transform", `translate(${round(this.mapX(label[0]))} ${round(this.mapY(label[1]))})`);
  }

  // ---- places: all of them, when a module is opened or closed

  arrange() {
    const { boxes, clusters, edges } = this.graph;
    const outermost = outermostCollapsed(clusters, this.collapsed);
    const hiding = (cluster) => (cluster < 0 ? -1 : outermost[cluster]);
    this.stand = boxes.map((box) => hiding(box.cluster)); // the closed module that each box is in
    const small = clusters.map(({ x, y, w, h, title }) => {
      const [width, height] = [Math.min(w, 8 * title.length + 44), Math.min(h, 52)];
      return { x: x + (w - width) / 2, y: y + (h - height) / 2, w: width, h: height };
    });
    const solid = [...boxes.filter((_, i) => this.stand[i] < 0), ...small.filter((_, c) => outermost[c] === c)];
    const shown = [...solid, ...clusters.filter((_, c) => outermost[c] < 0)];
    [this.mapX, this.width] = fromZero(
      shown.map(({ x, w }) => [x, x + w]),
      solid.map(({ x, w }) => [x, x + w]),
      150,
    );
    [this.mapY, this.height] = fromZero(
      shown.map(({ y, h }) => [y, y + h]),
      solid.map(({ y, h }) => [y, y + h]),
      96,
    );
    this.places = boxes.map((box) => this.#moved(box, true));
    this.smallPlaces = small.map((place) => this.#moved(place, true));
    boxes.forEach((_, i) => {
      this.boxes[i].group.classList.toggle("gone", this.stand[i] >= 0);
      this.boxes[i].group.setAttribute("transform", `translate(${round(this.places[i].x)} ${round(this.places[i].y)})`);
    });
    for (const [c, cluster] of clusters.entries()) this.#arrangeCluster(cluster, c, outermost[c]);
    const first = new Map(); // of the lines between two closed modules one is drawn
    [this.paths, this.spans, this.strokes] = [[], [], []];
    this.layer.replaceChildren();
    for (const made of this.edges) made.path = made.label = null;
    this.litEdges = [];
    this.drawnAs = edges.map((edge, i) => this.#arrangeEdge(edge, i, first));
    if (!this.canvas) for (const i of this.paths.keys()) if (this.paths[i]) this.#draw(i);
    for (const id of ["collapse-all", "expand-all"]) byId(id).hidden = !clusters.length;
    if (this.step) this.highlight(this.step);
  }

  #moved({ x, y, w, h }, whole) {
    const [left, top] = [this.mapX(x), this.mapY(y)];
    return { x: left, y: top, w: whole ? w : this.mapX(x + w) - left, h: whole ? h : this.mapY(y + h) - top };
  }

  #arrangeCluster(cluster, c, hiddenBy) {
    const [group, closed] = [this.clusters[c], hiddenBy === c];
    const [frame, header] = group.children;
    const place = closed ? this.smallPlaces[c] : this.#moved(cluster, false);
    group.classList.toggle("gone", hiddenBy >= 0 && !closed);
    group.classList.toggle("closed", closed);
    for (const [name, value] of [
      ["x", place.x],
      ["y", place.y],
      ["width", place.w],
      ["height", place.h],
    ])
      frame.setAttribute(name, round(value));
    const box = closed
      ? { x: 0, y: 0, width: place.w, height: place.h }
      : { x: 4, y: 3, width: Math.min(place.w - 8, 7.2 * cluster.title.length + 32), height: 20 };
    for (const [name, value] of Object.entries(box)) header.children[0].setAttribute(name, round(value));
    const [x, y] = closed ? [16, place.h / 2] : [14, 13];
    header.setAttribute("transform", `translate(${round(place.x)} ${round(place.y)})`);
    header.setAttribute("aria-expanded", String(!closed));
    header.setAttribute("aria-label", `module ${cluster.title}`);
    header.children[1].setAttribute("d", closed ? `M${x - 3} ${y - 5}l6 5l-6 5z` : `M${x - 5} ${y - 3}l5 6l5 -6z`);
    header.children[2].setAttribute("x", x + 11);
    header.children[2].setAttribute("y", y + 4);
  }

  // Returns the edge that is drawn for this one; -1 for none.
  #arrangeEdge({ source, target, route }, i, first) {
    const [from, to] = [this.stand[source], this.stand[target]];
    const pair = from >= 0 || to >= 0 ? `${from < 0 ? `b${source}` : from}>${to < 0 ? `b${target}` : to}` : "";
    const drawn = from >= 0 && from === to ? -1 : pair && first.has(pair) ? first.get(pair) : i;
    if (pair && !first.has(pair)) first.set(pair, i);
    if (drawn !== i) return drawn;
    this.edges[i].bundle = pair !== "";
    const { clusters } = this.graph;
    let points = route;
    if (from >= 0) points = points.slice(points.findLastIndex((point) => isWithin(point, clusters[from])) + 1);
    if (to >= 0) {
      const inside = points.findIndex((point) => isWithin(point, clusters[to]));
      if (inside >= 0) points = points.slice(0, inside);
    }
    points = points.map(([x, y]) => [this.mapX(x), this.mapY(y)]);
    if (from >= 0)
      points.unshift([
        this.smallPlaces[from].x + this.smallPlaces[from].w,
        this.smallPlaces[from].y + this.smallPlaces[from].h / 2,
      ]);
    if (to >= 0) points.push([this.smallPlaces[to].x, this.smallPlaces[to].y + this.smallPlaces[to].h / 2]);
    this.paths[i] = pathThrough(points);
    const [across, down] = [points.map(([x]) => x), points.map(([, y]) => y)];
    const [[left, right], [top, bottom]] = [extent(across), extent(down)];
    this.spans[i] = [left, top, right, bottom];
    return i;
  }

  #draw(i) {
    const line = this.#line(i);
    line.setAttribute("d", this.paths[i]);
    line.classList.toggle("bundle", this.edges[i].bundle);
    if (!this.edges[i].bundle && this.graph.labelled) this.#label(i);
    return line;
  }

  // Thousands of lines are drawn on a canvas behind the boxes: as elements they would make every step slow.
  #sketch() {
    const { canvas, view, window } = this;
    const ratio = devicePixelRatio || 1;
    [canvas.width, canvas.height] = [window.w * ratio, window.h * ratio];
    const context = canvas.getContext("2d");
    context.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
    context.strokeStyle = getComputedStyle(this.svg).getPropertyValue("color");
    context.globalAlpha = this.svg.classList.contains("searching") ? 0.2 : 0.8;
    context.lineWidth = Math.max(1, 0.5 / view.scale);
    const [left, top, right, bottom] = this.#near();
    this.paths.forEach((path, i) => {
      const [x0, y0, x1, y1] = this.spans[i];
      if (x0 < right && x1 > left && y0 < bottom && y1 > top) {
        this.strokes[i] ??= new Path2D(path);
        context.stroke(this.strokes[i]);
      }
    });
  }

  toggle(cluster, closed = !this.collapsed.has(cluster)) {
    if (closed) this.collapsed.add(cluster);
    else this.collapsed.delete(cluster);
    const header = this.clusters[cluster].children[1];
    const before = header.getBoundingClientRect();
    this.arrange();
    if (this.whole) return this.fit();
    const after = header.getBoundingClientRect(); // what was clicked stays under the pointer
    this.look({ ...this.view, x: this.view.x + before.x - after.x, y: this.view.y + before.y - after.y });
  }

  toggleAll(closed) {
    this.collapsed = new Set(closed ? this.graph.clusters.keys() : []);
    this.arrange();
    this.fit();
  }

  // Opens every module around a box.
  reveal(box) {
    const around = [];
    for (let c = this.graph.boxes[box].cluster; c >= 0; c = this.graph.clusters[c].parent) around.push(c);
    if (!around.some((c) => this.collapsed.delete(c))) return;
    for (const c of around) this.collapsed.delete(c);
    this.arrange();
  }

  // ---- steps: only what changes

  showNumbers(i, walk) {
    const { group, value, adjoint } = this.boxes[i];
    const [box, { summary, swept }] = [this.graph.boxes[i], this.graph];
    const [current, known] = summary ? [swept ? box.grad : null, true] : [walk.adjoints[i], walk.known[i]];
    group.classList.toggle("waiting", !known);
    group.classList.toggle("reached", current !== null);
    if (current === null) delete group.dataset.adjoint;
    else group.dataset.adjoint = String(current);
    if (known && box.data !== null) group.dataset.value = String(box.data);
    else delete group.dataset.value;
    if (value) {
      setNumber(value, known ? short(box.data) : "");
      setNumber(adjoint, current === null ? "" : Number.isNaN(current) && this.unknown ? "?" : short(current));
    }
    const numbers = known && box.data !== null ? `, value ${short(box.data)}` : "";
    group.setAttribute(
      "aria-label",
      `${box.name}, ${box.kind}${box.operation ? ` ${box.operation}` : ""}${numbers}${current === null ? "" : `, gradient ${short(current)}`}`,
    );
  }

  highlight(step) {
    this.step = step;
    for (const [element, name] of this.lit) {
      element.classList.remove(name);
      if (!this.few && element.dataset.box) element.tabIndex = -1;
    }
    for (const i of this.litEdges) this.#dimEdge(i);
    [this.lit, this.litEdges] = [[], []];
    const backward = step.phase === "backward" || step.phase === "seed";
    this.svg.classList.toggle("backward", backward);
    if (step.box < 0) return;
    const passing = backward ? step.updates.map((update) => update.edge).filter((i) => i >= 0) : step.edges;
    for (const i of passing) {
      const drawn = this.drawnAs[i];
      if (drawn >= 0 && !this.litEdges.includes(drawn)) this.#lightEdge(drawn);
      this.#light(this.#elementOf(this.graph.edges[i].source), "operand");
    }
    this.#light(this.#elementOf(step.box), "current");
    this.follow(step.box);
  }

  #lightEdge(i) {
    this.#draw(i).classList.add("active");
    if (!this.edges[i].bundle) this.#label(i);
    this.edges[i].label?.classList.add("active");
    this.litEdges.push(i);
  }

  #dimEdge(i) {
    const made = this.edges[i];
    if (this.canvas) {
      made.path?.remove();
      made.path = null;
    } else made.path.classList.remove("active");
    if (this.graph.labelled) made.label?.classList.remove("active");
    else {
      made.label?.remove();
      made.label = null;
    }
  }

  #elementOf(box) {
    return this.stand[box] < 0 ? this.boxes[box].group : this.clusters[this.stand[box]];
  }

  #light(element, name) {
    element.classList.add(name);
    if (!this.few && element.dataset.box) element.tabIndex = 0;
    this.lit.push([element, name]);
  }

  // ---- the view

  placeOf(box) {
    return this.stand[box] < 0 ? this.places[box] : this.smallPlaces[this.stand[box]];
  }

  look(view) {
    [this.view, this.whole] = [view, false];
    this.world.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
    const far = view.scale < 0.34;
    if (far !== this.far) this.svg.classList.toggle("far", far); // text that nobody could read is not drawn
    this.far = far;
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.few) this.#showWhatIsNear();
      if (this.canvas) this.#sketch();
    });
  }

  fit() {
    this.look(fitted(this.width, this.height, this.room));
    this.whole = true; // until the reader, or a step, moves the view
    this.moved = false; // until the reader does
  }

  // The whole picture, unless nothing of it could be read: then where the steps begin.
  begin() {
    this.fit();
    if (this.view.scale >= READABLE) return;
    this.look({ ...this.view, scale: 0.8 });
    this.follow(this.step && this.step.box >= 0 ? this.step.box : (this.graph.order[0] ?? 0), true);
  }

  zoom(by, x = this.window.w / 2, y = this.window.h / 2) {
    this.look(zoomed(this.view, by, x, y));
    this.moved = true;
  }

  pan(x, y) {
    this.look({ ...this.view, x: this.view.x + x, y: this.view.y + y });
    this.moved = true;
  }

  // Moves the view if the box is outside it.
  follow(box, always = false) {
    if (!this.view) return;
    const { room, view } = this;
    const place = this.placeOf(box);
    const [left, top] = [view.x + place.x * view.scale, view.y + place.y * view.scale];
    const [right, bottom] = [left + place.w * view.scale, top + place.h * view.scale];
    const inside = left > 0 && right < room.w && top > 0 && bottom < room.h;
    if (always || !inside) this.look(centred(place, view.scale, this.width, this.height, room));
  }
}

// The width of a text in a box, and the text cut to the room it has.
const ruler = typeof document === "undefined" ? null : document.createElement("canvas").getContext("2d");
function widthOf(text, kind) {
  const style = getComputedStyle(document.documentElement);
  ruler.font = kind === "name" ? `italic 600 16px ${style.getPropertyValue("--serif")}` : `14px ${style.fontFamily}`;
  return ruler.measureText(text).width;
}

function cut(text, kind, room) {
  const letters = [...text];
  let shown = text;
  while (letters.length > 1 && widthOf(shown, kind) > room) {
    letters.length = Math.min(letters.length - 1, Math.ceil((letters.length * room) / widthOf(shown, kind)));
    shown = `${letters.join("")}…`;
  }
  return shown;
}

function setNumber(element, text) {
  element.textContent = text;
  element.classList.toggle("long", text.length > 9);
}
