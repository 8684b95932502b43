// What the pages of graphs and of trainings share: elements, the theme, the steps and their keys.

const SVG = "http://www.w3.org/2000/svg";
const MATHML = "http://www.w3.org/1998/Math/MathML";
const byId = (id) => document.getElementById(id);

// An element with attributes and children; text is always text, never markup.
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

// Slider, buttons, keys and play: `show(step)` draws a step and returns what to announce.
function startTransport(last, show, describe, pause = 1200) {
  const slider = byId("slider");
  let step = -1;
  let timer = 0;
  slider.max = last;
  const goTo = (wanted) => {
    const goal = Math.max(0, Math.min(last, wanted));
    if (goal === step) return;
    step = goal;
    const said = show(step);
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
    if (step >= last) stop();
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
    const kind = event.target.matches("input[type=search], select")
      ? "text"
      : event.target.closest("button, summary, [role=button]")
        ? "button"
        : "";
    if (event.ctrlKey || event.metaKey || event.altKey || kind === "text" || !(event.key in keys)) return;
    if (event.key === " " && kind === "button") return;
    event.preventDefault();
    keys[event.key]();
  });
  return {
    goTo: (wanted) => {
      stop();
      goTo(wanted);
    },
    start: () => goTo(0),
  };
}
