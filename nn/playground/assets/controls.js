// The settings, and what follows when one is changed: new data, new weights, or a new run from the present weights.

class Playground {
  /** @param {any} told what Python says */
  constructor(told) {
    this.told = told;
    /** @type {any} */
    this.settings = {
      ...told.settings,
      source: "given",
      initializer: "xavier_uniform",
      activation: told.model.activation,
    };
    /** @type {number[]} */
    this.widths = told.model.sizes.slice(1, -1);
    /** @type {number[][]} */
    this.own = [];
    this.playing = false;
    this.frames = 0;
    /** Which neuron's map is shown large; by default the output's. @type {[number, number] | null} */
    this.chosen = null;
    /** Samples [x1, x2, target]. @type {number[][]} */
    this.train = [];
    /** @type {number[][]} */
    this.test = [];
    /** @type {[number, number][]} */
    this.plane = [];
    this.takeData();
    this.network = this.made(this.widths, told.model.theta);
    this.before = 0; // epochs of earlier runs
    this.every = 1; // so many epochs are between two records of the history
    /** @type {{ epoch: number, train: number, test: number }[]} */
    this.history = [];
    /** The name of what drew the first weights from the seed, so that Python can draw them too; null if none did.
     * @type {string | null} */
    this.initializer = null;
    this.run = new Run(this.network, this.train, this.settings, told);
    this.startRun(false);
  }

  get source() {
    return this.told.sources[this.settings.source];
  }

  /** @param {number[]} widths @param {ArrayLike<number> | null} theta */
  made(widths, theta) {
    const network = new Network([2, ...widths, 1], PIECES.activations[this.settings.activation]);
    if (theta) network.theta.set(theta);
    else network.draw(this.told.initializers[this.settings.initializer], this.settings.seed);
    return network;
  }

  /** Draw the samples anew, and part them. */
  takeData() {
    const { noise, seed, share } = this.settings;
    const { train, test } = parted(drawn(this.source, noise, seed), share, seed);
    this.train = [...train, ...this.own];
    this.test = test;
    this.plane = planeOf([...this.train, ...test]);
  }

  /** A run from the weights as they are. @param {boolean} drawn whether they were just drawn from the seed */
  startRun(drawn) {
    this.initializer = drawn ? this.settings.initializer : null;
    if (this.run.network !== this.network || drawn) [this.before, this.every, this.history] = [0, 1, []];
    this.run = new Run(this.network, this.train, this.settings, this.told);
    this.record();
  }

  /** New weights from the seed, for these widths. @param {number[]} widths */
  restart(widths = this.widths) {
    this.widths = widths;
    this.network = this.made(widths, null);
    this.chosen = null;
    this.startRun(true);
  }

  /** Go on from the present weights with other settings or samples. */
  goOn() {
    this.before = this.epoch;
    this.startRun(this.epoch === 0 && this.initializer !== null);
  }

  /** Epochs of all runs of these weights. @returns {number} */
  get epoch() {
    return this.before + this.run.epoch;
  }

  record() {
    this.run.differentiate(this.run.train); // for the gradients that are shown
    const train = this.run.loss(this.run.train);
    const test = this.test.length ? this.run.loss(columnsOf(this.test)) : NaN;
    const last = { epoch: this.epoch, train, test };
    const known = this.last;
    if (known && (known.epoch === this.epoch || known.epoch % this.every)) this.history.pop();
    this.history.push(last);
    if (this.history.length > 600) {
      this.every *= 2;
      this.history = this.history.filter(({ epoch }) => epoch % this.every === 0 || epoch === last.epoch);
    }
  }

  get last() {
    return this.history[this.history.length - 1];
  }

  /** Take a model of a file. @param {string} text */
  read(text) {
    const limits = { inputs: 2, widest: this.told.widest, deepest: this.told.deepest };
    const { network, activation } = readModel(text, limits);
    this.settings.activation = activation;
    this.widths = network.sizes.slice(1, -1);
    this.network = network;
    this.chosen = null;
    this.startRun(false);
  }

  /** What the programs for Python must tell. @returns {Told} */
  state() {
    const { seed, noise, activation } = this.settings;
    const call = this.own.length ? "" : this.source.call.replace("NOISE", pythonNumber(noise)).replace("SEED", seed);
    const { network, run, initializer, train, test, told } = this;
    return { network, activation, run, initializer, seed, call, train, test, told };
  }
}

// ---------------------------------------------------------------- the page

/** @param {string} name of something in Python */
const spelled = (name) => name.replace("cross_entropy_with_logits", "cross-entropy").replaceAll("_", " ");

/** @param {Playground} playground */
function startPage(playground) {
  const { told, settings } = playground;
  /** @type {Picture} */
  let picture;
  let changed = true;
  const say = (/** @type {string} */ text) => (byId("note").textContent = text);

  const showNetwork = () => {
    picture = new Picture(playground.network, told.features, (neuron) => {
      const [chosen, last] = [playground.chosen, playground.network.sizes.length - 1];
      const same = chosen && chosen[0] === neuron?.[0] && chosen[1] === neuron[1];
      playground.chosen = same || neuron?.[0] === last ? null : neuron;
      changed = true;
    });
    showWidths();
    changed = true;
  };

  const showWidths = () => {
    const rows = playground.widths.map((width, l) => {
      const input = make("input", { type: "number", min: 1, max: told.widest, step: 1, value: width });
      input.addEventListener("change", () => {
        const wanted = Math.min(told.widest, Math.max(1, Math.round(Number(input.value)) || 1));
        playground.restart(playground.widths.map((old, i) => (i === l ? wanted : old)));
        showNetwork();
        byId("widths").querySelectorAll("input")[l].focus();
      });
      return make("label", {}, `Layer ${l + 1}`, input);
    });
    byId("widths").replaceChildren(...rows);
    byId("add-layer").disabled = playground.widths.length >= told.deepest;
    byId("drop-layer").disabled = playground.widths.length === 0;
  };

  const draw = () => {
    const { network, chosen, plane, train, test, own, source, last } = playground;
    const threshold = source.classes ? told.losses[settings.loss].threshold : 0;
    const { layers } = network.forward(gridOf(plane), GRID * GRID);
    picture.draw(layers, threshold, byId("lines").value === "gradients");
    const [l, i] = chosen ?? [layers.length - 1, 0];
    const map = layers[l].subarray(i * GRID * GRID, (i + 1) * GRID * GRID);
    const middle = chosen ? 0 : threshold;
    drawOutput({ map, middle, plane, train, test, own: own.length, classes: source.classes, features: told.features });
    drawLosses(playground.history);
    picture.press(l, i);
    byId("output-title").textContent = chosen
      ? l
        ? `Neuron ${i + 1} of layer ${l}`
        : `Input ${told.features[i]}`
      : "Output";
    byId("epoch").textContent = `epoch ${playground.epoch}`;
    byId("train-loss").textContent = `train ${short(last.train)}`;
    byId("test-loss").textContent = test.length ? `test ${short(last.test)}` : "";
    if (!playground.playing) describe(); // at speed a voice could not keep up
    if (byId("numbers").open) byId("numbers-table").replaceChildren(picture.table());
  };

  const describe = () => {
    const { last, epoch, test } = playground;
    const now = `epoch ${epoch}: ${short(last.train)} in training${test.length ? `, ${short(last.test)} in the test` : ""}`;
    byId("losses").setAttribute("aria-label", `Losses by epoch; ${now}`);
    byId("output").setAttribute("aria-label", `${byId("output-title").textContent} over the plane; ${now}`);
  };

  const epochs = (/** @type {number} */ count) => {
    const start = performance.now();
    for (let k = 0; k < count && performance.now() - start < 40; k++)
      if (!playground.run.runEpoch()) {
        setPlaying(false);
        say(
          `The loss is no finite number after epoch ${playground.epoch}: the step was too large. Lower the learning rate, or reset.`,
        );
        break;
      }
    playground.record();
    changed = true;
  };

  const setPlaying = (/** @type {boolean} */ on) => {
    playground.playing = on;
    byId("play").textContent = on ? "Pause" : "Play";
    if (on) say("");
  };

  const frame = () => {
    if (playground.playing) {
      const speed = byId("speed").value;
      playground.frames += 1;
      if (speed !== "slow") epochs(Number(speed));
      else if (playground.frames % 15 === 0) epochs(1);
    }
    if (changed) {
      changed = false;
      draw();
      document.body.dataset.drawn = String(playground.epoch);
    }
    requestAnimationFrame(frame);
  };

  // -------------------------------------------------------------- controls

  /** @param {string} id @param {(string | number)[]} choices @param {(value: any) => void} then @param {(choice: any) => string} name */
  const choice = (id, choices, then, name = spelled) => {
    const select = byId(id);
    select.replaceChildren(...choices.map((x) => make("option", { value: x }, name(x))));
    if (id in settings) select.value = settings[id];
    select.addEventListener("change", () => {
      say("");
      if (id in settings) settings[id] = typeof choices[0] === "number" ? Number(select.value) : select.value;
      then(select.value);
      changed = true;
    });
  };
  const goOn = () => playground.goOn();
  const newData = () => {
    playground.takeData();
    showLosses();
    showTargets();
    playground.restart();
    showNetwork();
  };
  const withOwn = (/** @type {number[]} */ some, /** @type {number} */ one) =>
    [...new Set([...some, one])].sort((a, b) => a - b);

  let wanted = settings.loss; // what was chosen, for when it is possible again
  // A loss of classes makes no sense for other targets.
  const showLosses = () => {
    byId("loss").value = settings.loss = wanted;
    for (const option of byId("loss").options)
      option.disabled = told.losses[option.value].classes && !playground.source.classes;
    if (byId("loss").selectedOptions[0].disabled) byId("loss").value = settings.loss = "mse_loss";
  };
  const showTargets = () => {
    const { classes } = playground.source;
    const choices = classes
      ? [
          ["1", "class 1 (blue)"],
          ["0", "class 0 (orange)"],
        ]
      : [
          ["1", "1"],
          ["0", "0"],
          ["-1", "−1"],
        ];
    byId("target").replaceChildren(...choices.map(([value, name]) => make("option", { value }, name)));
    byId("legend").textContent = classes
      ? "Squares are class 1, circles class 0; hollow: for the test. The line is where the output decides."
      : "Squares are targets above 0, circles below; hollow: for the test.";
  };
  const showOwn = () => {
    const { length } = playground.own;
    byId("drop-point").textContent = length ? `Drop (${length})` : "Drop";
    byId("drop-point").disabled = playground.own.length === 0;
  };
  const ownChanged = () => {
    playground.takeData();
    playground.goOn();
    showOwn();
    changed = true;
  };
  const addPoint = (/** @type {number} */ x, /** @type {number} */ y) => {
    const whole = Number.isFinite(x) && Number.isFinite(y);
    say(whole ? "" : "A point needs two numbers.");
    if (!whole) return;
    playground.own.push([x, y, Number(byId("target").value)]);
    ownChanged();
  };

  choice("source", Object.keys(told.sources), () => {
    playground.own = [];
    settings.noise = settings.source === "given" ? 0 : settings.noise || 0.1;
    byId("noise").value = settings.noise;
    byId("noise").dispatchEvent(new Event("input"));
    showOwn();
    newData();
  });
  choice("activation", told.activations, () => {
    playground.network.activation = PIECES.activations[settings.activation];
    goOn();
  });
  const redraw = () => {
    playground.restart();
    showNetwork();
  };
  choice("initializer", Object.keys(told.initializers), redraw);
  choice("loss", Object.keys(told.losses), (name) => {
    wanted = name;
    goOn();
  });
  choice("optimizer", Object.keys(told.optimizers), goOn, String);
  choice("lr", withOwn([0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3], settings.lr), goOn, String);
  choice("batch", withOwn([1, 5, 10, 20, 50, 100, told.sources.given.points.length], settings.batch), goOn, String);
  choice("penalty", ["none", ...told.penalties], goOn);
  choice("strength", withOwn([0.0001, 0.001, 0.01, 0.1, 1], settings.strength), goOn, String);
  for (const [id, show] of /** @type {[string, (x: number) => string][]} */ ([
    ["noise", (x) => x.toFixed(2)],
    ["share", (x) => `${Math.round(100 * x)} %`],
    ["seed", String],
  ])) {
    const input = byId(id);
    const shown = byId(`${id}-is`);
    input.value = settings[id];
    const tell = (/** @type {number} */ number) => {
      if (shown) shown.textContent = show(number);
    };
    tell(settings[id]);
    input.addEventListener("input", () => tell(Number(input.value)));
    input.addEventListener("change", () => {
      if (id === "seed") input.value = Math.min(4294967295, Math.max(0, Math.floor(Number(input.value)) || 0));
      settings[id] = Number(input.value);
      newData();
    });
  }
  byId("add-layer").addEventListener("click", () => {
    playground.restart([...playground.widths, Math.min(4, told.widest)]);
    showNetwork();
  });
  byId("drop-layer").addEventListener("click", () => {
    playground.restart(playground.widths.slice(0, -1));
    showNetwork();
  });
  byId("play").addEventListener("click", () => setPlaying(!playground.playing));
  byId("step").addEventListener("click", () => {
    setPlaying(false);
    say("");
    epochs(1);
  });
  byId("reset").addEventListener("click", () => {
    setPlaying(false);
    say("");
    redraw();
  });
  byId("lines").addEventListener("change", () => (changed = true));
  byId("numbers").addEventListener("toggle", () => (changed = true));
  byId("output").addEventListener("click", (/** @type {MouseEvent} */ event) => {
    const box = byId("output").getBoundingClientRect();
    const [[left, right], [bottom, top]] = playground.plane;
    const [u, v] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    addPoint(left + (right - left) * u, top - (top - bottom) * v);
  });
  byId("add-point").addEventListener("click", () => addPoint(byId("own-x").valueAsNumber, byId("own-y").valueAsNumber));
  byId("drop-point").addEventListener("click", () => {
    playground.own.pop();
    ownChanged();
  });

  // -------------------------------------------------------------- files

  const give = (/** @type {string} */ name, /** @type {string} */ text, /** @type {string} */ kind) => {
    const url = URL.createObjectURL(new Blob([text], { type: kind }));
    make("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };
  byId("python").addEventListener("click", () =>
    give("playground.py", pythonTraining(playground.state()), "text/x-python"),
  );
  byId("steps").addEventListener("click", () => {
    setPlaying(false);
    const page = pageOfSteps(playground.state());
    if (page) {
      open(URL.createObjectURL(new Blob([page], { type: "text/html" })), "_blank");
      return;
    }
    give("steps.py", pythonSteps(playground.state(), playground.train[0]), "text/x-python");
    say("Layers, activation or loss were changed: the program that was saved writes the page of steps.");
  });
  byId("save").addEventListener("click", () =>
    give("model.json", savedModel(playground.network, settings.activation), "application/json"),
  );
  byId("open").addEventListener("click", () => byId("file").click());
  byId("file").addEventListener("change", async () => {
    const [file] = byId("file").files;
    if (!file) return;
    setPlaying(false);
    try {
      playground.read(await file.text());
      byId("activation").value = settings.activation;
      say("");
      showNetwork();
    } catch (error) {
      say(`${file.name} cannot be opened: ${/** @type {Error} */ (error).message}.`);
    }
    byId("file").value = "";
  });

  // -------------------------------------------------------------- start

  const preferred = matchMedia("(prefers-color-scheme: dark)");
  const setTheme = (/** @type {boolean} */ dark) => {
    document.documentElement.dataset.theme = dark ? "dark" : "light";
    byId("theme").setAttribute("aria-pressed", String(dark));
    changed = true;
  };
  setTheme(preferred.matches);
  preferred.addEventListener("change", () => setTheme(preferred.matches));
  byId("theme").addEventListener("click", () => setTheme(!isDark()));
  new ResizeObserver(() => {
    picture.place();
    changed = true;
  }).observe(byId("network"));
  new ResizeObserver(() => (changed = true)).observe(byId("output"));
  byId("losses-are").replaceChildren(
    make("span", { id: "train-loss", class: "train-is" }),
    "  ",
    make("span", { id: "test-loss", class: "test-is" }),
  );
  [byId("name-x").textContent, byId("name-y").textContent] = told.features;
  showLosses();
  showTargets();
  showOwn();
  showNetwork();
  requestAnimationFrame(frame);
}

if (typeof document !== "undefined") {
  const playground = new Playground(JSON.parse(byId("data").textContent));
  Object.assign(globalThis, { playground });
  startPage(playground);
}
