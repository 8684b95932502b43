"use strict";
// What the pages of graphs and of trainings share: elements, the theme, the steps and their keys.

const SVG = "http://www.w3.org/2000/svg";
const MATHML = "http://www.w3.org/1998/Math/MathML";
/** @returns {any} */
const byId = (id) => document.getElementById(id);

// An element with attributes and children; text is always text, never markup.
/**
 * @param {string} namespace
 * @param {string} tag
 * @param {Record<string, any>} attributes
 * @param {...any} children
 * @returns {any}
 */
function make(namespace, tag, attributes = {}, ...children) {
  const element = namespace ? document.createElementNS(namespace, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const counted = (count, noun, nouns = `${noun}s`) => `${count} ${count === 1 ? noun : nouns}`;

// When the picture is on the screen, in milliseconds after the page was opened: the frame after the one that draws it.
function sayWhenDrawn() {
  requestAnimationFrame(() => requestAnimationFrame(() => (document.body.dataset.drawn = String(performance.now()))));
}

function startTheme() {
  const preferred = matchMedia("(prefers-color-scheme: dark)");
  const button = byId("theme");
  const show = (dark) => {
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    button.setAttribute("aria-pressed", String(dark));
    document.dispatchEvent(new Event("themechange"));
  };
  show(preferred.matches);
  preferred.addEventListener("change", () => show(preferred.matches));
  button.addEventListener("click", () => show(document.documentElement.dataset.theme !== "dark"));
}

// The width of a text in a box, and the text cut to the room it has.
const ruler = typeof document === "undefined" ? null : document.createElement("canvas").getContext("2d");
const FONTS = { name: "italic 600 17px --serif", operation: "13px --sans", title: "600 13px --sans" };
const measured = new Map();
let style = null;
function widthOf(text, kind) {
  const key = `${kind} ${text}`;
  if (!measured.has(key)) {
    style ??= getComputedStyle(document.documentElement);
    ruler.font = FONTS[kind].replace(/--(serif|sans)/, (name) => style.getPropertyValue(name));
    measured.set(key, ruler.measureText(text).width);
  }
  return measured.get(key);
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

// Slider, buttons, keys and play: `show(step)` draws a step and returns what to announce; `describe` says which it is.
// No step beyond `most()` is gone to.
function startTransport(last, show, describe, pause = 1200, most = () => last) {
  const slider = byId("slider");
  let step = -1;
  let timer = 0;
  const goTo = (wanted, again = false) => {
    const goal = Math.max(0, Math.min(most(), wanted));
    if (goal === step && !again) return;
    step = goal;
    const said = show(step);
    slider.max = last;
    slider.value = step;
    byId("count").textContent = describe(step);
    slider.setAttribute("aria-valuetext", describe(step));
    for (const [id, off] of [
      ["first", step === 0],
      ["back", step === 0],
      ["forward", step === last],
      ["last", step === last],
    ])
      byId(id).setAttribute("aria-disabled", String(off));
    if (!timer) byId("announcement").textContent = said; // at speed a voice could not keep up
  };
  const stop = () => {
    clearTimeout(timer);
    timer = 0;
    byId("play").textContent = "Play";
  };
  const tick = () => {
    goTo(step + 1);
    if (step >= most()) stop();
    else timer = setTimeout(tick, pause / Number(byId("speed").value));
  };
  const toggle = () => {
    if (timer) return stop();
    byId("play").textContent = "Pause";
    timer = setTimeout(tick, 0);
    if (step === last) goTo(0);
  };
  const by = (change) => () => {
    stop();
    goTo(step + change);
  };
  const actions = { first: by(-Infinity), back: by(-1), forward: by(1), last: by(Infinity), play: toggle };
  for (const [id, action] of Object.entries(actions)) byId(id).addEventListener("click", action);
  slider.addEventListener("input", () => {
    stop();
    goTo(Number(slider.value));
  });
  const keys = {
    ArrowLeft: actions.back,
    ArrowRight: actions.forward,
    Home: actions.first,
    End: actions.last,
    " ": toggle,
  };
  document.addEventListener("keydown", (event) => {
    const target = /** @type {Element} */ (event.target);
    const typing = target.matches("input:not([type=range]), select");
    const pressing = event.key === " " && target.closest("button, summary, [role=button]");
    if (event.ctrlKey || event.metaKey || event.altKey || typing || pressing || !(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  });
  return {
    goTo: (wanted, count = last, again = false) => {
      stop();
      last = count;
      goTo(wanted, again);
    },
    again: () => goTo(step, true),
    now: () => step,
  };
}
