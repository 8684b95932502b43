"use strict";
// The picture of a graph: drawn once; then only what a step changes is changed.

const SKETCHED = 800; // edges, beyond which they are drawn on a canvas
const EASY = 300; // boxes; beyond, Tab goes to the modules and the boxes of the current step only
const ROWS = 4; // of numbers in a closed module: views.py has room for so many

class Picture extends View {
  /** @param {PageGraph} graph */
  constructor(graph) {
    const world = make(SVG, "g", { id: "world" });
    super(byId("picture"), world, byId("map"));
    this.graph = graph;
    const head = make(SVG, "path", { d: "M0 0.8L8 4L0 7.2z", fill: "context-stroke" });
    const size = { viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 9, markerHeight: 9 };
    const arrow = make(
      SVG,
      "marker",
      { id: "arrow", ...size, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" },
      head,
    );
    this.svg.append(make(SVG, "defs", {}, arrow), world);
    this.collapsed = new Set();
    this.few = graph.boxes.length <= EASY;
    this.unknown = graph.edges.some(
      ({ partial, source }) => partial === null && graph.boxes[source].kind !== "constant",
    );
    this.lit = []; // elements, with the class that each was given
    this.litEdges = [];
    this.touched = false; // until the reader has opened or closed a module, the page chooses which are open
    /** @type {Walk} */
    this.walk = null;
    /** @type {Step} */
    this.step = null;
    this.spots = null;
    this.arranged = 0; // how often
    this.drawn = ""; // what the lines on the canvas depend on
    this.hits = new Set();
    this.stand = [];
    const layers = ["clusters", "edges", "boxes"].map((name) => make(SVG, "g", { class: name }));
    this.under = layers[0];
    this.layer = layers[1];
    this.shelf = layers[2];
    world.append(...layers);
    this.incoming = graph.boxes.map(() => []);
    for (const [i, edge] of graph.edges.entries()) this.incoming[edge.target].push(i);
    this.clusters = graph.clusters.map((cluster, i) => this.#cluster(cluster, i));
    this.edges = graph.edges.map(() => ({ path: null, label: null, bundle: false }));
    this.canvas = graph.edges.length > SKETCHED ? byId("sketch") : null;
    this.boxes = graph.boxes.map(() => null); // made when they are near
    const [boxes, edges] = [counted(graph.boxes.length, "box", "boxes"), counted(graph.edges.length, "edge")];
    this.svg.classList.toggle("many", !this.few);
    this.svg.setAttribute("aria-label", `Computation graph: ${boxes}, ${edges}, ${counted(graph.clusters.length, "module")}`);
    this.resize();
  }

  #cluster(cluster, i) {
    const header = make(
      SVG,
      "g",
      { class: "header", role: "button", tabindex: 0, "data-cluster": i, "aria-description": "module" },
      make(SVG, "rect", { rx: 6 }),
      make(SVG, "path", { class: "sign" }),
      make(SVG, "g", { class: "words" }),
    );
    const depth = around(this.graph, cluster.parent).length;
    const group = make(SVG, "g", { class: `cluster depth${depth % 2}` }, make(SVG, "rect", { class: "frame", rx: 12 }));
    this.under.append(group);
    return { group, header, numbers: [] };
  }

  // The element of a box, made when it is asked for.
  #made(i) {
    if (this.boxes[i]) return this.boxes[i];
    const box = this.graph.boxes[i];
    const rounding = box.kind === "constant" ? 13 : box.operation ? 10 : 4;
    const group = make(
      SVG,
      "g",
      {
        class: `box ${box.kind}`,
        "data-box": i,
        "data-name": box.name,
        role: "button",
        tabindex: this.few ? 0 : -1,
        "aria-description": box.kind,
      },
      make(SVG, "rect", { width: box.w, height: box.h, rx: rounding }),
    );
    this.#put(group, this.spots.boxes[i]);
    group.classList.toggle("match", this.hits.has(i));
    this.boxes[i] = { group, value: null, adjoint: null };
    this.#write(i);
    return this.boxes[i];
  }

  #write(i) {
    const [made, box] = [this.boxes[i], this.graph.boxes[i]];
    const text = (x, y, kind, words, anchor = "start") => {
      const element = make(SVG, "text", { x, y, class: kind, "text-anchor": anchor }, words);
      made.group.append(element);
      return element;
    };
    if (box.kind === "constant") text(box.w / 2, 18, "number", visible(box.name), "middle");
    else if (box.kind === "group") {
      text(12, 22, "name", cut(visible(box.name), "name", box.w - 24));
      for (const [line, note] of box.notes.entries()) text(12, 42 + 17 * line, "note", visible(note));
    } else {
      const [room, name] = [box.w - (box.operation ? 28 : 20), typeset(box.short || box.name)];
      const operation = cut(visible(box.operation), "operation", room - Math.min(widthOf(name, "name"), room / 2));
      text(10, 19, "name", cut(name, "name", room - widthOf(operation, "operation")));
      if (operation) text(box.w - 10, 19, "operation", operation, "end");
      text(9, 39, "key", "data");
      made.value = text(box.w - 9, 39, "value", "", "end");
      text(9, 57, "key", "grad");
      made.adjoint = text(box.w - 9, 57, "adjoint", "", "end");
      const folded = box.notes.find((note) => note.startsWith("folded"));
      if (folded) text(10, 75, "note", folded);
      if (box.notes.some((note) => note !== folded))
        made.group.append(
          make(SVG, "circle", { class: "mark", cx: box.w, cy: 0, r: 8 }),
          make(SVG, "text", { class: "mark", x: box.w, y: 4.5, "text-anchor": "middle" }, "!"),
        );
    }
    this.showNumbers(i);
  }

  // Only the boxes in the window are in the document, in the order in which one reads them.
  drawNear() {
    const [left, top, right, bottom] = this.near();
    const wanted = ({ x, y, w, h }) => x < right && x + w > left && y < bottom && y + h > top;
    let next = null;
    for (let k = this.reading.length - 1; k >= 0; k--) {
      const { box, cluster, place } = this.reading[k];
      const near = this.few || cluster >= 0 || wanted(place);
      const element =
        cluster >= 0 ? this.clusters[cluster].header : near ? this.#made(box).group : this.boxes[box]?.group;
      if (!element) continue;
      if (near && (element.parentNode !== this.shelf || element.nextSibling !== next)) {
        if (element !== document.activeElement) this.shelf.insertBefore(element, next);
      } else if (!near && element.parentNode && element !== document.activeElement) element.remove();
      if (element.parentNode) next = element;
    }
    if (this.canvas) this.#sketch();
    this.placed();
  }

  // Called after every change of the view.
  placed() {}

  shown() {
    const current = this.step ? this.step.boxes.map((box) => this.placeOf(box)) : [];
    return { places: this.reading.filter(({ whole }) => whole).map(({ place }) => place), current };
  }

  // The line of an edge as an element: of every edge, or in a large graph of those of the current step.
  #line(i) {
    const made = this.edges[i];
    if (made.path) return made.path;
    const { kind } = this.graph.boxes[this.graph.edges[i].source];
    made.path = make(SVG, "path", { class: `edge ${kind}`, "marker-end": "url(#arrow)" });
    this.layer.append(made.path);
    return made.path;
  }

  #label(i) {
    const [made, { partial, source, target }] = [this.edges[i], this.graph.edges[i]];
    if (this.graph.boxes[source].kind === "constant" || this.graph.summary) return;
    if (!made.label) {
      made.label = make(SVG, "text", { class: "partial", "text-anchor": "middle", x: 0, y: 4 });
      this.layer.append(made.label);
    }
    made.label.textContent = short(partial);
    made.label.classList.toggle("waiting", !this.walk.known[target]); // it appears when it is computed
    const [x, y] = this.spots.label(i);
    this.#put(made.label, { x, y });
  }

  // ---- places: all of them, when a module is opened or closed

  arrange() {
    const { clusters, edges } = this.graph;
    this.spots = spotsOf(this.graph, this.collapsed);
    this.arranged++;
    this.stand = this.spots.stand;
    this.width = this.spots.width;
    this.height = this.spots.height;
    this.boxes.forEach((made, i) => {
      if (made && this.stand[i] < 0) this.#put(made.group, this.spots.boxes[i]);
    });
    for (const [c, cluster] of clusters.entries()) this.#arrangeCluster(cluster, c);
    this.#read();
    const first = new Map(); // of the lines between two closed modules one is drawn
    this.paths = [];
    this.spans = [];
    this.strokes = [];
    this.layer.replaceChildren();
    for (const made of this.edges) made.path = made.label = null;
    this.litEdges = [];
    this.drawnAs = edges.map((edge, i) => this.#arrangeEdge(edge, i, first));
    if (!this.canvas) for (const i of this.paths.keys()) if (this.paths[i]) this.#draw(i);
    for (const id of ["collapse-all", "expand-all"]) byId(id).hidden = !clusters.length;
    if (this.step) this.highlight(this.step, false);
    if (this.few) this.drawNear();
  }

  #put(element, { x, y }) {
    element.setAttribute("transform", `translate(${round(x)} ${round(y)})`);
  }

  // What is shown, in the order in which one reads it; the rest leaves the document.
  #read() {
    const { boxes, clusters } = this.graph;
    const { spots, stand } = this;
    const shown = [];
    for (const [c, { parent }] of clusters.entries()) {
      const whole = spots.closed.has(c);
      if (whole || spots.outermost[c] < 0) shown.push({ cluster: c, box: -1, parent, whole, place: spots.clusters[c] });
      else this.clusters[c].header.remove();
    }
    for (const [i, { cluster }] of boxes.entries())
      if (stand[i] < 0) shown.push({ cluster: -1, box: i, parent: cluster, whole: true, place: spots.boxes[i] });
      else this.boxes[i]?.group.remove();
    this.reading = readingOrder(shown);
  }

  #arrangeCluster(cluster, c) {
    const [{ group, header }, closed] = [this.clusters[c], this.spots.closed.has(c)];
    const [frame, [outline, sign, words]] = [group.firstChild, header.children];
    const hidden = this.spots.outermost[c] >= 0 && !closed;
    group.classList.toggle("gone", hidden);
    if (hidden) return;
    const place = this.spots.clusters[c];
    for (const element of [group, header]) element.classList.toggle("closed", closed);
    group.classList.toggle("result", closed && this.graph.clusters[c].outputs.includes(this.graph.root));
    const set = (element, numbers) => {
      for (const [name, value] of Object.entries(numbers)) element.setAttribute(name, String(round(value)));
    };
    set(frame, { x: place.x, y: place.y, width: place.w, height: place.h });
    const fits = closed || widthOf(cluster.title, "title") <= place.w - 34;
    const lines = closed ? cluster.title.split(": ") : [fits ? cluster.title : cluster.title.split(": ")[0]];
    const wide = Math.min(place.w - 8, widthOf(lines[0], "title") + 30);
    set(outline, closed ? { x: 0, y: 0, width: place.w, height: place.h } : { x: 4, y: 3, width: wide, height: 20 });
    this.#put(header, place);
    header.setAttribute("aria-expanded", String(!closed));
    sign.setAttribute("d", closed ? "M11 11l6 5l-6 5z" : "M9 10l5 6l5 -6z");
    const text = (x, y, kind, written, anchor = "start") =>
      make(SVG, "text", { x, y, class: kind, "text-anchor": anchor }, written);
    words.replaceChildren(
      ...lines.map((line, i) =>
        text(25, (closed ? 20 : 17) + 17 * i, i ? "note" : "title", cut(visible(line), "title", place.w - 34)),
      ),
    );
    this.clusters[c].numbers = [];
    if (closed && !this.graph.summary) this.#rows(c, place, 20 + 17 * lines.length, words, text);
    this.#showModule(c);
  }

  // The numbers of what a closed module hands on: both of one or two outputs, the values, then the gradients, of more.
  #rows(c, place, top, words, text) {
    const [{ outputs }, made] = [this.graph.clusters[c], this.clusters[c]];
    const add = (key, kinds, box) => {
      const y = top + 17 * made.numbers.length;
      const cells = kinds.map((kind) => ({ kind, box, element: text(place.w - 9, y, kind, "", "end") }));
      made.numbers.push(cells);
      words.append(text(9, y, "key", key), ...cells.map(({ element }) => element));
    };
    const name = (box) => cut(typeset(this.graph.boxes[box].name), "title", place.w - 96);
    if (outputs.length <= 2)
      for (const box of outputs) {
        add(outputs.length > 1 ? name(box) : "data", ["value"], box);
        add("grad", ["adjoint"], box);
      }
    else {
      const rows = outputs.slice(0, outputs.length > ROWS ? ROWS - 1 : ROWS);
      for (const box of rows) add(name(box), ["value forth", "adjoint back"], box);
      const more = outputs.length - rows.length;
      if (more) words.append(text(9, top + 17 * rows.length, "note", `and ${more} more`));
    }
  }

  #showModule(c) {
    if (!this.walk) return;
    for (const { kind, box, element } of this.clusters[c].numbers.flat()) {
      const number = kind.startsWith("value")
        ? this.walk.known[box]
          ? this.graph.boxes[box].data
          : null
        : this.walk.adjoints[box];
      element.textContent = number === null ? "" : narrow(number);
    }
  }

  // Returns the edge that is drawn for this one; -1 for none.
  #arrangeEdge({ source, target }, i, first) {
    const [from, to] = [this.stand[source], this.stand[target]];
    const pair = from >= 0 || to >= 0 ? `${from < 0 ? `b${source}` : from}>${to < 0 ? `b${target}` : to}` : "";
    const drawn = from >= 0 && from === to ? -1 : pair && first.has(pair) ? first.get(pair) : i;
    if (pair && !first.has(pair)) first.set(pair, i);
    if (drawn !== i) return drawn;
    this.edges[i].bundle = pair !== "";
    const points = this.spots.line(i);
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
    const colour = getComputedStyle(this.svg).getPropertyValue("color");
    const faded = this.svg.classList.contains("searching");
    const drawn = [view.x, view.y, view.scale, window.w, window.h, colour, faded, this.arranged].join(" ");
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    const ratio = devicePixelRatio || 1;
    [canvas.width, canvas.height] = [window.w * ratio, window.h * ratio];
    const context = canvas.getContext("2d");
    context.setTransform(ratio * view.scale, 0, 0, ratio * view.scale, ratio * view.x, ratio * view.y);
    context.strokeStyle = colour;
    context.globalAlpha = faded ? 0.2 : 0.8;
    context.lineWidth = Math.max(1, 0.5 / view.scale);
    const [left, top, right, bottom] = this.near();
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
    this.touched = true;
    const header = this.clusters[cluster].header.firstChild;
    const before = header.getBoundingClientRect();
    this.arrange();
    if (this.whole) return this.fit();
    const after = header.getBoundingClientRect(); // what was clicked stays under the pointer
    this.look({ ...this.view, x: this.view.x + before.x - after.x, y: this.view.y + before.y - after.y });
  }

  toggleAll(closed) {
    this.collapsed = new Set(closed ? this.graph.clusters.keys() : []);
    this.touched = true;
    this.arrange();
    this.fit();
  }

  // Opens every module around a box.
  reveal(box) {
    const closed = around(this.graph, this.graph.boxes[box].cluster).filter((c) => this.collapsed.delete(c));
    if (!closed.length) return;
    this.touched = true;
    this.arrange();
  }

  // Whether the panel is beside the picture or below it: what may be tried, the better first.
  #sides() {
    if (innerWidth <= 760) return [true];
    if (innerHeight < 560) return [false];
    return innerWidth <= 1100 ? [true] : [false, true];
  }

  // The whole picture, as many modules open as can be read; if nothing of it could be read, where it begins.
  begin() {
    const { clusters } = this.graph;
    const large = clusters.some(({ closed }) => closed);
    const holding = new Set(clusters.map(({ parent }) => parent));
    const inner = [...clusters.keys()].filter((c) => !holding.has(c));
    for (const closed of large ? [clusters.keys()] : [[], inner, clusters.keys()]) {
      this.collapsed = new Set(closed);
      this.arrange();
      for (const below of this.#sides()) {
        byId("graph").classList.toggle("below", below);
        this.resize();
        this.fit();
        if (this.view.scale >= READABLE) return;
      }
    }
    if (this.view.scale >= NAMED) return;
    this.look({ ...this.view, scale: READABLE });
    if (this.step && this.step.box >= 0) this.follow(this.step.box, true);
    else if (this.reading.length) this.followPlaces(this.reading[0].place, [], true);
  }

  // ---- steps: only what changes

  showNumbers(i) {
    const [made, box, { summary, swept }, { walk }] = [this.boxes[i], this.graph.boxes[i], this.graph, this];
    if (!walk) return;
    if (this.graph.labelled) for (const edge of this.incoming[i]) if (this.edges[edge].label) this.#label(edge);
    if (this.spots && this.stand[i] >= 0) this.#showModule(this.stand[i]);
    if (!made) return;
    const { group, value, adjoint } = made;
    const [current, known] = summary ? [swept ? box.grad : null, true] : [walk.adjoints[i], walk.known[i]];
    group.classList.toggle("waiting", !known);
    group.classList.toggle("reached", current !== null);
    if (current === null) delete group.dataset.adjoint;
    else group.dataset.adjoint = String(current);
    if (known && box.data !== null) group.dataset.value = String(box.data);
    else delete group.dataset.value;
    if (value) {
      value.textContent = known ? narrow(box.data) : "";
      adjoint.textContent = current === null ? "" : Number.isNaN(current) && this.unknown ? "?" : narrow(current);
    }
  }

  /** @param {Step} step @param {boolean} follow */
  highlight(step, follow = true) {
    this.step = step;
    for (const [element, name] of this.lit) {
      element.classList.remove(name);
      if (!this.few && element.dataset.box) element.tabIndex = -1;
    }
    for (const i of this.litEdges) this.#dimEdge(i);
    [this.lit, this.litEdges] = [[], []];
    const backward = step.phase === "backward" || step.phase === "seed";
    this.svg.classList.toggle("backward", backward);
    this.refresh();
    if (step.box < 0) return;
    const passing = backward ? step.updates.map((update) => update.edge).filter((i) => i >= 0) : step.edges;
    const drawn = new Set(passing.map((i) => this.drawnAs[i]));
    for (const i of drawn) if (i >= 0) this.#lightEdge(i);
    const operands = new Set(passing.map((i) => this.graph.edges[i].source));
    for (const box of operands) this.#light(this.#elementOf(box), "operand");
    for (const box of step.boxes) this.#light(this.#elementOf(box), "current");
    if (follow) this.follow(step.box, false, [...operands, ...step.boxes]);
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
    return this.stand[box] < 0 ? this.#made(box).group : this.clusters[this.stand[box]].group;
  }

  #light(element, name) {
    element.classList.add(name);
    if (!this.few && element.dataset.box) element.tabIndex = 0;
    this.lit.push([element, name]);
  }

  placeOf(box) {
    return this.stand[box] < 0 ? this.spots.boxes[box] : this.spots.clusters[this.stand[box]];
  }

  follow(box, always = false, others = []) {
    this.followPlaces(
      this.placeOf(box),
      others.map((other) => this.placeOf(other)),
      always,
    );
  }
}
