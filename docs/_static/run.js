// Each block of Python on a page can be changed, and run where it stands.
// A block runs after those above it, which it may need; on pages of the reference each stands alone.

const HERE = new URL(".", import.meta.url);
const REFERENCE = Boolean(document.querySelector("dl.py"));
const blocks = [];
let worker = null;
let running = null;

/** What is typed at a prompt, without the prompts and what Python answered. */
function typed(text) {
  const lines = text.split("\n").filter((line) => /^(>>>|\.\.\.)( |$)/.test(line));
  return lines.map((line) => line.slice(4)).join("\n");
}

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

function findBlocks() {
  const cells = document.querySelectorAll("div.cell_input div.highlight pre, div.highlight-pycon pre, div.doctest pre, div.highlight-python pre");
  for (const pre of cells) {
    const isCell = pre.closest("div.cell_input") !== null;
    const prompt = /^>>> /m.test(pre.textContent);
    const outer = isCell ? pre.closest("div.cell") : pre.closest("div[class*='highlight-'], div.doctest");
    const bar = element("div", "run-bar");
    const button = element("button", "run", "Run");
    const note = element("span", "run-note");
    note.setAttribute("role", "status");
    const output = element("div", "run-output");
    output.setAttribute("aria-live", "polite");
    bar.append(button, note);
    (isCell ? pre.closest("div.cell_input") : outer).after(bar, output);
    const block = { pre, prompt, button, note, output, outer, done: false };
    blocks.push(block);
    pre.contentEditable = "plaintext-only";
    pre.spellcheck = false;
    pre.setAttribute("role", "textbox");
    pre.setAttribute("aria-multiline", "true");
    pre.setAttribute("aria-label", "Python code, which can be changed");
    pre.addEventListener("input", () => {
      for (const later of blocks.slice(blocks.indexOf(block))) {
        later.done = false;
      }
    });
    pre.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        run(block);
      }
    });
    button.addEventListener("click", () => (running ? stop() : run(block)));
  }
}

function started() {
  if (!worker) {
    worker = new Worker(new URL("worker.js", HERE), { type: "module" });
    worker.onerror = (event) => {
      show(running?.block, "error", `Python could not be started: ${event.message ?? "see the console"}\n`);
      finish(false);
    };
    worker.onmessage = ({ data }) =>
      data.kind === "done" ? finish(data.right) : show(running?.block, data.kind, data.text);
  }
  return worker;
}

function show(block, kind, text) {
  if (!block) {
    return;
  }
  if (kind === "html") {
    const picture = element("div", "run-picture");
    picture.innerHTML = text;
    block.output.append(picture);
  } else if (kind === "page") {
    const frame = element("iframe", "page");
    frame.title = "A page that the code above wrote";
    frame.srcdoc = text;
    block.output.append(frame);
  } else {
    const last = block.output.lastElementChild;
    const same = last?.tagName === "PRE" && last.classList.contains(kind);
    const pre = same ? last : element("pre", `run-text ${kind}`);
    pre.append(text);
    block.output.append(pre);
  }
}

/** The public name whose entry in the reference a block stands in. */
function documented(pre) {
  let entry = pre.closest("dl.py");
  while (entry?.parentElement.closest("dl.py")) {
    entry = entry.parentElement.closest("dl.py");
  }
  return entry?.querySelector("dt").id ?? "";
}

function send(block) {
  // biome-ignore lint/performance/useDomNodeTextContent: what was typed or pasted may have <br> in place of line ends
  const text = block.pre.innerText;
  const source = block.prompt && /^>>> /m.test(text) ? typed(text) : text;
  block.output.replaceChildren();
  block.outer.classList.add("was-run");
  block.note.textContent = worker ? "running…" : "starting Python in this page…";
  started().postMessage({ source, prompt: block.prompt, name: REFERENCE ? documented(block.pre) : "" });
}

/** Run a block, and before it whatever stands above it and was not run yet. */
function run(block) {
  if (running) {
    return;
  }
  if (location.protocol === "file:") {
    block.note.textContent = "Python needs this page from a server: python3 -m http.server";
    return;
  }
  const above = REFERENCE ? [] : blocks.slice(0, blocks.indexOf(block)).filter((one) => !one.done);
  running = { rest: [...above, block], block: null };
  for (const one of blocks) {
    one.button.textContent = "Stop";
  }
  next();
}

function next() {
  running.block = running.rest.shift();
  send(running.block);
}

function finish(right) {
  if (!running) {
    return;
  }
  running.block.done = right;
  running.block.note.textContent = right ? "" : "stopped here";
  if (right && running.rest.length > 0) {
    next();
    return;
  }
  running = null;
  for (const one of blocks) {
    one.button.textContent = "Run";
  }
}

/** End Python; the next run begins anew. */
function stop() {
  worker?.terminate();
  worker = null;
  for (const one of blocks) {
    one.done = false;
  }
  running.rest = [];
  finish(false);
}

findBlocks();
