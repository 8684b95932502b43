// The page of a graph: its picture, its panel, and what the reader does with them.

function startGraph(graph) {
  for (const box of graph.boxes) [box.data, box.grad] = [numberOf(box.data), numberOf(box.grad)];
  for (const edge of graph.edges) edge.partial = numberOf(edge.partial);
  byId("graph").hidden = false;
  const picture = new Picture(graph);
  const walk = new Walk(graph);
  const panel = new Panel(graph, walk);
  picture.walk = walk;
  const last = walk.steps.length - 1;
  let shown = 0;
  const show = (wanted) => {
    const changed = walk.goTo(wanted);
    const step = walk.steps[walk.step];
    for (const box of changed) picture.showNumbers(box, walk);
    picture.highlight(step);
    shown = wanted;
    return panel.show(step);
  };
  const describe = (i) => `${i} of ${last}${i === 0 ? "" : ` · ${phaseName(walk.steps[i].phase)}`}`;
  const transport = startTransport(last, show, describe);
  const enter = (box) => {
    const step = stepOfBox(walk.steps, box, walk.steps[shown]);
    if (step >= 0) transport.goTo(step);
  };
  for (const i of graph.boxes.keys()) picture.showNumbers(i, walk);
  document.body.classList.toggle("still", last === 0);
  startPointer(picture, enter);
  startTooltip(graph, picture, walk);
  startSearch(graph, picture);
  picture.arrange();
  picture.begin();
  transport.start();
  sayWhenDrawn();
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
    addEventListener(ending, (event) => held.delete(event.pointerId));
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
    if (key && !event.ctrlKey && !event.metaKey && !event.target.matches("input[type=search], select")) actions[key]();
  });
  new ResizeObserver(() => {
    if (!picture.resize()) return;
    if (picture.moved) picture.look(picture.view);
    else if (picture.whole) picture.fit();
    else picture.begin();
  }).observe(svg);
  document.addEventListener("themechange", () => picture.look(picture.view));
}

function startTooltip(graph, picture, walk) {
  const [tooltip, stage] = [byId("tooltip"), byId("stage")];
  const hide = () => {
    tooltip.hidden = true;
  };
  const show = (event) => {
    const part = event.target.closest?.("[data-box]");
    if (!part) return hide();
    const i = Number(part.dataset.box);
    tooltip.replaceChildren(...details(graph, walk, i));
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
  picture.svg.addEventListener("focusin", (event) => {
    const part = event.target.closest("[data-box]");
    if (part) picture.follow(Number(part.dataset.box));
    show(event);
  });
  picture.svg.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}

function startSearch(graph, picture) {
  const [field, found] = [byId("search"), byId("found")];
  let [hits, at] = [[], -1];
  field.addEventListener("input", () => {
    for (const i of hits) picture.boxes[i].group.classList.remove("match", "found");
    [hits, at] = [matching(graph, field.value), -1];
    for (const i of hits) picture.boxes[i].group.classList.add("match");
    picture.svg.classList.toggle("searching", field.value.trim() !== "");
    picture.look(picture.view);
    found.textContent = field.value.trim() ? `${hits.length} found` : "";
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !hits.length) return;
    picture.boxes[hits[at]]?.group.classList.remove("found");
    at = (at + (event.shiftKey ? hits.length - 1 : 1)) % hits.length;
    picture.reveal(hits[at]);
    if (picture.view.scale < 0.6) picture.zoom(0.9 / picture.view.scale);
    picture.follow(hits[at], true);
    picture.boxes[hits[at]].group.classList.add("found");
    found.textContent = `${at + 1} of ${hits.length}: ${typeset(graph.boxes[hits[at]].name)}`;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input")) return;
    event.preventDefault();
    field.focus();
  });
}

if (typeof document !== "undefined") {
  startTheme();
  startGraph(JSON.parse(byId("data").textContent));
}
