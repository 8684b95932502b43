"use strict";
// The page of a graph: its picture, its panel, and what the reader does with them.

/** @param {PageGraph} graph @param {(() => Program) | null} make */
function startGraph(graph, make) {
  for (const box of graph.boxes) [box.data, box.grad] = [numberOf(box.data), numberOf(box.grad)];
  for (const edge of graph.edges) edge.partial = numberOf(edge.partial);
  byId("graph").hidden = false;
  const numbers = new Numbers(graph, make);
  if (graph.handed && make) numbers.take(graph.handed);
  const picture = new Picture(graph);
  const state = { numbers, walk: new Walk(graph, unitInAddress(location.hash)) };
  const panel = new Panel(graph, state);
  const quiz = { on: false, answered: 0 }; // the last step whose numbers are known
  picture.walk = state.walk;
  const last = () => state.walk.steps.length - 1;
  const most = () => (quiz.on ? Math.min(last(), quiz.answered + 1) : last());
  const show = (wanted) => {
    const asks = quiz.on && wanted > quiz.answered;
    byId("tooltip").hidden = true; // its numbers are those of the step before
    const changed = state.walk.goTo(asks ? wanted - 1 : wanted);
    for (const box of changed) picture.showNumbers(box);
    const step = state.walk.steps[wanted];
    picture.highlight(step);
    keepInAddress(wanted, byId("unit").value);
    if (!asks) return panel.show(step);
    return panel.ask(step, () => {
      quiz.answered = wanted;
      transport.again();
      byId("forward").focus();
    });
  };
  const describe = (i) => `${i} of ${last()}${i === 0 ? "" : ` · ${phaseName(state.walk.steps[i].phase)}`}`;
  const transport = startTransport(last(), show, describe, 1200, most);
  const renew = (step) => {
    state.walk = picture.walk = new Walk(graph, byId("unit").value);
    for (const i of graph.boxes.keys()) picture.showNumbers(i);
    panel.tell();
    transport.goTo(step, last(), true);
  };
  const edit = startEditor(graph, numbers, picture, (box, number) => {
    numbers.set(box, number);
    renew(transport.now());
  });
  byId("reset").addEventListener("click", () => {
    numbers.reset();
    renew(transport.now());
  });
  const enter = (box) => {
    if (edit(box)) return;
    const step = stepOfBox(state.walk.steps, box, state.walk.steps[transport.now()]);
    if (step >= 0) transport.goTo(step);
  };
  document.body.classList.toggle("still", last() === 0);
  startUnits(graph, () => {
    const { box, phase } = state.walk.steps[transport.now()];
    state.walk = new Walk(graph, byId("unit").value);
    const same = state.walk.steps.findIndex(
      (step) => step.phase === phase && (step.box === box || step.boxes.includes(box)),
    );
    quiz.answered = Math.max(0, same);
    renew(Math.max(0, same));
  });
  byId("quiz").addEventListener("click", () => {
    [quiz.on, quiz.answered] = [!quiz.on, Math.min(transport.now(), last())];
    byId("quiz").setAttribute("aria-pressed", String(quiz.on));
    if (quiz.on) transport.goTo(quiz.answered + 1);
    else transport.again();
  });
  byId("fold").addEventListener("click", () => {
    const folded = byId("graph").classList.toggle("folded");
    byId("fold").setAttribute("aria-expanded", String(!folded));
  });
  addEventListener("hashchange", () => {
    const step = stepInAddress(location.hash, last());
    if (step !== null && step !== transport.now()) transport.goTo(step);
  });
  startPointer(picture, enter);
  startTooltip(graph, picture, state);
  startSearch(graph, picture);
  picture.begin();
  transport.goTo(stepInAddress(location.hash, last()) ?? 0);
  sayWhenDrawn();
}

// The step is in the address, so that it can be sent to somebody; the history stays as it is.
function keepInAddress(step, unit) {
  const address = step || unit !== "operation" ? `#step=${step}${unit === "operation" ? "" : `&by=${unit}`}` : "#";
  if (location.hash !== address && (location.hash || address !== "#")) history.replaceState(null, "", address);
}

// What one step takes: an operation, an innermost module, an outermost one; called as the modules are.
/** @param {PageGraph} graph @param {() => void} changed */
function startUnits(graph, changed) {
  const [unit, { clusters }] = [byId("unit"), graph];
  const called = (some) => {
    const modules = some.filter(({ module }) => module); // and neither bands nor the loss
    const words = new Set((modules.length ? modules : some).map(({ title }) => title.split(/[ :]/)[0]));
    return words.size === 1 ? [...words][0] : "module";
  };
  const [outer, inner] = [clusters.filter(({ parent }) => parent < 0), clusters.filter(({ parent }) => parent >= 0)];
  const holds = new Set(clusters.map(({ parent }) => parent));
  const innermost = inner.filter((cluster) => !holds.has(clusters.indexOf(cluster)));
  const option = (value, text) => unit.append(make("", "option", { value }, text));
  if (innermost.length) option("inner", called(innermost));
  if (outer.length) option("outer", called(outer));
  byId("units").hidden = !clusters.length;
  unit.value = unitInAddress(location.hash);
  if (!unit.value) unit.value = "operation";
  unit.addEventListener("change", changed);
}

// ---------------------------------------------------------------- pointer, keys, tooltip, search

function startPointer(picture, enter) {
  const { svg } = picture;
  const held = new Map(); // pointers that are down, for dragging with one and pinching with two
  let moved = false;
  svg.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const { left, top } = svg.getBoundingClientRect();
      picture.zoom(
        Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)),
        event.clientX - left,
        event.clientY - top,
      );
    },
    { passive: false },
  );
  svg.addEventListener("pointerdown", (event) => {
    held.set(event.pointerId, [event.clientX, event.clientY]);
    moved = false;
  });
  addEventListener("pointermove", (event) => {
    if (!held.has(event.pointerId)) return;
    const [x, y] = held.get(event.pointerId);
    const others = [...held].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    if (!moved && Math.hypot(event.clientX - x, event.clientY - y) < 4) return;
    moved = true;
    if (others.length) {
      const [[a, b], { left, top }] = [others[0], svg.getBoundingClientRect()];
      picture.zoom(
        Math.hypot(event.clientX - a, event.clientY - b) / Math.max(1, Math.hypot(x - a, y - b)),
        a - left,
        b - top,
      );
    } else picture.pan(event.clientX - x, event.clientY - y);
    held.set(event.pointerId, [event.clientX, event.clientY]);
  });
  for (const ending of ["pointerup", "pointercancel"])
    addEventListener(ending, (event) => held.delete(/** @type {PointerEvent} */ (event).pointerId));
  const act = (element) => {
    const part = element.closest("[data-cluster], [data-box]");
    if (part?.dataset.cluster) picture.toggle(Number(part.dataset.cluster));
    else if (part) enter(Number(part.dataset.box));
  };
  svg.addEventListener("click", (event) => moved || act(event.target));
  svg.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    act(event.target);
  });
  const actions = {
    "zoom-in": () => picture.zoom(1.4),
    "zoom-out": () => picture.zoom(1 / 1.4),
    fit: () => picture.fit(),
    "collapse-all": () => picture.toggleAll(true),
    "expand-all": () => picture.toggleAll(false),
  };
  for (const [id, action] of Object.entries(actions)) byId(id).addEventListener("click", action);
  document.addEventListener("keydown", (event) => {
    const key = { "+": "zoom-in", "=": "zoom-in", "-": "zoom-out", 0: "fit" }[event.key];
    if (
      key &&
      !event.ctrlKey &&
      !event.metaKey &&
      !(/** @type {Element} */ (event.target).matches("input:not([type=range]), select"))
    )
      actions[key]();
  });
  new ResizeObserver(() => {
    if (!picture.resize()) return;
    if (picture.moved) picture.refresh();
    else if (picture.whole && picture.touched) picture.fit();
    else picture.begin();
  }).observe(svg);
  document.addEventListener("themechange", () => picture.refresh());
}

function startTooltip(graph, picture, state) {
  const [tooltip, stage] = [byId("tooltip"), byId("stage")];
  const hide = () => {
    tooltip.hidden = true;
  };
  const show = (event) => {
    const part = event.target.closest?.("[data-box]");
    if (!part) return hide();
    const i = Number(part.dataset.box);
    tooltip.replaceChildren(...details(graph, state, i));
    tooltip.hidden = false;
    part.setAttribute("aria-describedby", "tooltip");
    const [around, box] = [stage.getBoundingClientRect(), part.getBoundingClientRect()];
    const below = box.bottom - around.top + 10;
    const top =
      below + tooltip.offsetHeight < around.height
        ? below
        : Math.max(6, box.top - around.top - tooltip.offsetHeight - 10);
    tooltip.style.left = `${Math.max(6, Math.min(box.left - around.left, around.width - tooltip.offsetWidth - 6))}px`;
    tooltip.style.top = `${top}px`;
  };
  picture.svg.addEventListener("pointerover", show);
  picture.svg.addEventListener("pointerleave", hide);
  stage.addEventListener("focusin", (event) => {
    // on the picture it would make that a stop of Tab
    const part = event.target.closest("[data-box]");
    if (part) picture.follow(Number(part.dataset.box));
    show(event);
  });
  stage.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}

function startSearch(graph, picture) {
  const [field, found] = [byId("search"), byId("found")];
  let [hits, at] = [[], -1];
  const mark = (i, name, on) => picture.boxes[i]?.group.classList.toggle(name, on);
  field.addEventListener("input", () => {
    for (const i of hits) for (const name of ["match", "found"]) mark(i, name, false);
    [hits, at] = [matching(graph, field.value), -1];
    picture.hits = new Set(hits);
    for (const i of hits) mark(i, "match", true);
    picture.svg.classList.toggle("searching", field.value.trim() !== "");
    picture.refresh();
    found.textContent = field.value.trim() ? `${hits.length} found` : "";
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !hits.length) return;
    if (at >= 0) mark(hits[at], "found", false);
    at = (at + (event.shiftKey ? hits.length - 1 : 1)) % hits.length;
    picture.reveal(hits[at]);
    if (picture.view.scale < READABLE) picture.zoom(READABLE / picture.view.scale);
    picture.follow(hits[at], true);
    picture.drawNear();
    mark(hits[at], "found", true);
    found.textContent = `${at + 1} of ${hits.length}: ${typeset(graph.boxes[hits[at]].name)}`;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || /** @type {Element} */ (event.target).matches("input")) return;
    event.preventDefault();
    field.focus();
  });
}

if (typeof document !== "undefined") {
  startTheme();
  startGraph(JSON.parse(byId("data").textContent), typeof makeProgram === "undefined" ? null : makeProgram);
}
