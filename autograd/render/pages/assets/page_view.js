"use strict";
// The view of the picture: what part of it is in the window, how large, and the small map of the whole.

const FONT = 13; // of the smallest text at life size
const SMALLEST = 11; // pixels that any text has
const READABLE = SMALLEST / FONT;
const NAMED = 0.58; // the scale from which on a box has room for its number at that size
const FAR = 0.34; // from which on for its name

class View {
  constructor(svg, world, map) {
    this.svg = svg;
    this.world = world;
    this.map = map;
    this.view = { x: 0, y: 0, scale: 1 };
    this.width = 0;
    this.height = 0;
    this.frame = 0;
    this.moved = false; // until the reader does, the page chooses the view
    this.whole = false;
    this.window = { w: 0, h: 0 };
    map.addEventListener("pointerdown", (event) => this.#toMap(event));
    map.addEventListener("pointermove", (event) => event.buttons && this.#toMap(event));
  }

  // Measures the window, and says whether it has changed.
  resize() {
    const [w, h] = [this.svg.clientWidth, this.svg.clientHeight];
    if (w === this.window.w && h === this.window.h) return false;
    this.window = { w, h };
    return true;
  }

  /** @param {{ x: number, y: number, scale: number }} view */
  look(view) {
    [this.view, this.whole] = [view, false];
    const { scale } = view;
    this.world.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${scale})`);
    this.world.style.setProperty("--text", `${round(Math.max(FONT, SMALLEST / scale) * 10) / 10}px`);
    for (const [name, on] of [
      ["small", scale < READABLE - 0.001],
      ["tiny", scale < NAMED],
      ["far", scale < FAR],
    ])
      this.svg.classList.toggle(name, on);
    this.refresh();
  }

  // Draws what depends on the view, once a frame.
  refresh() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.drawNear();
      this.#drawMap();
    });
  }

  // What depends on what is in the window.
  drawNear() {}

  // The places that the map shows, and the current ones among them.
  shown() {
    return { places: [], current: [] };
  }

  fit() {
    this.look(fitted(this.width, this.height, this.window));
    this.whole = true; // until the reader, or a step, moves the view
    this.moved = false;
  }

  zoom(by, x = this.window.w / 2, y = this.window.h / 2) {
    this.look(zoomed(this.view, by, x, y));
    this.moved = true;
  }

  pan(x, y) {
    this.look({ ...this.view, x: this.view.x + x, y: this.view.y + y });
    this.moved = true;
  }

  // The part of the picture that is in the window.
  near() {
    const { x, y, scale } = this.view;
    return [-x / scale, -y / scale, (this.window.w - x) / scale, (this.window.h - y) / scale];
  }

  // Moves the view if a place is not wholly in it, or not as much of it as there is room for; with what belongs to it,
  // if that fits.
  /** @param {Place} place @param {Place[]} others */
  followPlaces(place, others, always = false) {
    const around = surrounding([place, ...others]);
    const { view, window } = this;
    const fits = ({ w, h }) => w * view.scale <= window.w - 8 && h * view.scale <= window.h - 8;
    const wanted = fits(around) ? around : place;
    const [left, top] = [view.x + wanted.x * view.scale, view.y + wanted.y * view.scale];
    const [right, bottom] = [left + wanted.w * view.scale, top + wanted.h * view.scale];
    const inside = left >= 0 && right <= window.w && top >= 0 && bottom <= window.h;
    if (always || !inside) this.look(centred(wanted, view.scale, this.width, this.height, window));
  }

  // ---- the map

  #mapScale() {
    return Math.min(this.map.clientWidth / Math.max(1, this.width), this.map.clientHeight / Math.max(1, this.height));
  }

  #drawMap() {
    const { map, view, window } = this;
    const [left, top, right, bottom] = this.near();
    const seen = left <= 1 && top <= 1 && right >= this.width - 1 && bottom >= this.height - 1;
    map.classList.toggle("unneeded", seen);
    if (seen) return;
    const ratio = devicePixelRatio || 1;
    [map.width, map.height] = [map.clientWidth * ratio, map.clientHeight * ratio];
    const context = map.getContext("2d");
    const scale = this.#mapScale() * ratio;
    const colours = getComputedStyle(map); // as the style sheet has resolved them
    const fill = (places, colour, least) => {
      context.fillStyle = colour;
      for (const { x, y, w, h } of places)
        context.fillRect(x * scale, y * scale, Math.max(least, w * scale), Math.max(least, h * scale));
    };
    const { places, current } = this.shown();
    fill(places, colours.color, 1);
    fill(current, colours.columnRuleColor, 3 * ratio);
    context.strokeStyle = colours.outlineColor;
    context.lineWidth = 1.5 * ratio;
    const inMap = (x, most) => Math.max(1, Math.min(most - 1, x * scale));
    const [x0, y0] = [inMap(left, map.width), inMap(top, map.height)];
    const [x1, y1] = [inMap(left + window.w / view.scale, map.width), inMap(top + window.h / view.scale, map.height)];
    context.strokeRect(x0, y0, Math.max(2, x1 - x0), Math.max(2, y1 - y0));
  }

  #toMap(event) {
    const { left, top } = this.map.getBoundingClientRect();
    const [x, y] = [(event.clientX - left) / this.#mapScale(), (event.clientY - top) / this.#mapScale()];
    const { scale } = this.view;
    this.look({ x: this.window.w / 2 - x * scale, y: this.window.h / 2 - y * scale, scale });
    this.moved = true;
  }
}
