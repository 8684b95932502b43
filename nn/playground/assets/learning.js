// Learning in the browser.  Derivatives, losses, penalties and the rules of optimisers are printed from what Python
// recorded (PIECES); written here is the way through the layers only: sums of products, forward and back.

/**
 * A printed program: what its comment tells.
 * @typedef {{ inputs: number, outputs: number, slots: number, init(slots: Float64Array): void,
 *   run(n: number, data: Float64Array, weight: number, slots: Float64Array, outputs: Float64Array): void }} Program
 */

/** Arrays by their length, kept for each program: to make new ones each time takes longer than to fill them.
 * @type {WeakMap<Program, Map<number, Float64Array[]>>} */
const MEMORY = new WeakMap();

/**
 * Columns of numbers through a printed program; the columns of its outputs, new ones.
 * @param {Program} program
 * @param {Float64Array[]} columns
 * @param {number[]} parameters
 */
function computed(program, columns, parameters = []) {
  const [n, inputs, outputs] = [columns[0].length, program.inputs, program.outputs];
  const known = MEMORY.get(program) ?? new Map();
  MEMORY.set(program, known);
  const memory = known.get(n) ?? [n * inputs, n * outputs, program.slots].map((size) => new Float64Array(size));
  if (known.size < 50) known.set(n, memory);
  const [data, found, slots] = memory;
  columns.forEach((column, i) => {
    for (let k = 0, at = i; k < n; k++, at += inputs) data[at] = column[k];
  });
  program.init(slots);
  slots.set(parameters);
  program.run(n, data, 1, slots, found);
  return Array.from({ length: outputs }, (_, i) => {
    const column = new Float64Array(n);
    for (let k = 0, at = i; k < n; k++, at += outputs) column[k] = found[at];
    return column;
  });
}

/** @param {ArrayLike<number>} numbers */
function mean(numbers) {
  let total = 0;
  for (let i = 0; i < numbers.length; i++) total += numbers[i];
  return total / numbers.length;
}

/** A multi-layer perceptron: `nn.MLP(sizes[0], sizes.slice(1))`, its parameters in the order of `parameters()`. */
class Network {
  /** @param {number[]} sizes inputs, neurons of each layer @param {Program} activation */
  constructor(sizes, activation) {
    this.sizes = sizes;
    this.activation = activation;
    /** Where the parameters of each layer begin; those of a neuron are its weights and its bias. */
    this.starts = [0];
    for (let l = 1; l < sizes.length; l++) this.starts.push(this.starts[l - 1] + sizes[l] * (sizes[l - 1] + 1));
    this.theta = new Float64Array(/** @type {number} */ (this.starts.at(-1)));
    this.gradient = new Float64Array(this.theta.length);
  }

  /** The names that `named_parameters()` gives them. */
  names() {
    return this.sizes
      .slice(1)
      .flatMap((neurons, l) =>
        Array.from({ length: neurons }, (_, i) => `layers.${l}.neurons.${i}`).flatMap((neuron) => [
          ...Array.from({ length: this.sizes[l] }, (_, j) => `${neuron}.w.${j}`),
          `${neuron}.b`,
        ]),
      );
  }

  /**
   * First weights, as `MLP(…, initializer=…, rng=Random(seed))` draws them; biases are 0.
   * @param {{ method: "uniform" | "gauss", sizes: number[][] }} initializer @param {number} seed
   */
  draw(initializer, seed) {
    const generator = new PythonRandom(seed);
    this.theta.fill(0);
    for (let l = 1; l < this.sizes.length; l++) {
      const [d, q] = [this.sizes[l - 1], this.sizes[l]];
      const size = initializer.sizes[d - 1][q - 1];
      for (let i = 0; i < q; i++)
        for (let j = 0; j < d; j++)
          this.theta[this.starts[l - 1] + i * (d + 1) + j] =
            initializer.method === "uniform" ? generator.uniform(-size, size) : generator.gauss(0, size);
    }
  }

  /**
   * The outputs h of all layers for n samples, each an array of n numbers a neuron, neuron after neuron; with the
   * slopes ∂h/∂s of the hidden ones.
   * @param {Float64Array} inputs n numbers for each input
   * @param {number} n
   */
  forward(inputs, n) {
    const [layers, slopes] = [[inputs], /** @type {Float64Array[]} */ ([])];
    for (let l = 1; l < this.sizes.length; l++) {
      const [d, q, h] = [this.sizes[l - 1], this.sizes[l], layers[l - 1]];
      const s = new Float64Array(q * n); // s = ⟨w, h⟩ + b
      for (let i = 0; i < q; i++) {
        const [at, first] = [this.starts[l - 1] + i * (d + 1), i * n];
        const bias = this.theta[at + d];
        for (let k = 0; k < n; k++) s[first + k] = bias;
        for (let j = 0; j < d; j++) {
          const [w, from] = [this.theta[at + j], j * n];
          for (let k = 0; k < n; k++) s[first + k] += w * h[from + k];
        }
      }
      const [value, slope] = l === this.sizes.length - 1 ? [s, s] : computed(this.activation, [s]);
      layers.push(value);
      slopes.push(slope);
    }
    return { layers, slopes, output: layers[layers.length - 1] };
  }

  /**
   * Set the gradient, from the adjoints of the output of each sample: the transposed sums of products.
   * @param {{ layers: Float64Array[], slopes: Float64Array[] }} passed what `forward` gave
   * @param {Float64Array} adjoints
   */
  backward({ layers, slopes }, adjoints) {
    const n = adjoints.length;
    let above = adjoints; // s̄ = ∂L/∂s of the layer
    for (let l = this.sizes.length - 1; l > 0; l--) {
      const [d, h] = [this.sizes[l - 1], layers[l - 1]];
      const below = new Float64Array(d * n);
      for (let i = 0; i < this.sizes[l]; i++) {
        const [at, first] = [this.starts[l - 1] + i * (d + 1), i * n];
        let all = 0;
        for (let k = 0; k < n; k++) all += above[first + k];
        this.gradient[at + d] = all; // ∂L/∂b = Σ s̄
        for (let j = 0; j < d; j++) {
          const [w, from] = [this.theta[at + j], j * n];
          let total = 0;
          for (let k = 0; k < n; k++) {
            total += above[first + k] * h[from + k]; // ∂L/∂w = Σ s̄ · h
            below[from + k] += above[first + k] * w; // h̄ = Σ s̄ · w
          }
          this.gradient[at + j] = total;
        }
      }
      if (l > 1) for (let k = 0; k < below.length; k++) below[k] *= slopes[l - 2][k]; // s̄ = h̄ · φ′(s)
      above = below;
    }
  }
}

/** Inputs, first all of x1 and then all of x2, and targets. @typedef {{ x: Float64Array, t: Float64Array }} Columns */

/** Samples [x1, x2, target] by columns. @param {number[][]} points @returns {Columns} */
function columnsOf(points) {
  const x = [...points.map((point) => point[0]), ...points.map((point) => point[1])];
  return { x: Float64Array.from(x), t: Float64Array.from(points, (point) => point[2]) };
}

/**
 * The samples of a source for a noise and a seed, as Python's `make_…(n, noise=…, seed=…)` gives them.
 * @param {{ points: number[][], call: string, classes: boolean }} source @param {number} noise @param {number} seed
 */
function drawn(source, noise, seed) {
  const generator = new PythonRandom(seed);
  const noisy = source.points.map(([x, y, t]) =>
    noise === 0 && !source.call
      ? [x, y, t]
      : source.classes
        ? [x + generator.gauss(0, noise), y + generator.gauss(0, noise), t]
        : [x, y, t + generator.gauss(0, noise)],
  );
  return source.call ? generator.shuffle(noisy) : noisy;
}

/**
 * Training samples and the others, as `random_split(data, [n - count, count], seed)` parts them.
 * @param {number[][]} points @param {number} share @param {number} seed
 */
function parted(points, share, seed) {
  const count = Math.min(points.length - 1, Math.floor(points.length * share));
  if (count === 0) return { train: points, test: [] };
  const order = randomOrder(points.length, seed).map((i) => points[i]);
  return { train: order.slice(0, points.length - count), test: order.slice(points.length - count) };
}

/**
 * The settings of a training run.
 * @typedef {{ loss: string, optimizer: string, lr: number, batch: number, penalty: string, strength: number,
 *   seed: number }} Settings
 */

/** A run of epochs from where a network stands: `fit(model, DataLoader(train, batch, shuffle=True, seed=seed), …)`. */
class Run {
  /**
   * @param {Network} network @param {number[][]} train @param {Settings} settings
   * @param {{ optimizers: Record<string, { first: number[] }> }} told
   */
  constructor(network, train, settings, told) {
    this.network = network;
    this.settings = { ...settings };
    this.train = columnsOf(train);
    this.started = network.theta.slice();
    this.epoch = 0;
    this.steps = 0;
    this.state = told.optimizers[settings.optimizer].first.map((x) => new Float64Array(network.theta.length).fill(x));
  }

  /** The mean loss on samples, penalty aside. @param {Columns} columns */
  loss({ x, t }) {
    const { output } = this.network.forward(x, t.length);
    return mean(computed(PIECES.losses[this.settings.loss], [output, t])[0]);
  }

  /** Set the network's gradient to that of the objective on samples; the objective. @param {Columns} columns */
  differentiate({ x, t }) {
    const passed = this.network.forward(x, t.length);
    const [losses, slopes] = computed(PIECES.losses[this.settings.loss], [passed.output, t]);
    this.network.backward(
      passed,
      slopes.map((slope) => slope / t.length),
    );
    const { penalty, strength } = this.settings;
    if (!(penalty in PIECES.penalties)) return mean(losses);
    const [added, pulls] = computed(PIECES.penalties[penalty], [this.network.theta]);
    pulls.forEach((pull, i) => {
      this.network.gradient[i] += strength * pull;
    });
    return mean(losses) + strength * added.reduce((a, b) => a + b, 0);
  }

  /** One epoch; false, and nothing is moved, where a loss or a weight would not be finite. */
  runEpoch() {
    const { settings, network, train } = this;
    const n = train.t.length;
    const order = randomOrder(n, `${settings.seed}, ${this.epoch}`);
    const before = { theta: network.theta.slice(), state: this.state, steps: this.steps };
    for (let start = 0; start < n; start += settings.batch) {
      const rows = order.slice(start, start + settings.batch);
      const [x, t] = [new Float64Array(2 * rows.length), new Float64Array(rows.length)];
      rows.forEach((row, k) => {
        [x[k], x[rows.length + k], t[k]] = [train.x[row], train.x[n + row], train.t[row]];
      });
      const objective = this.differentiate({ x, t });
      const columns = [network.theta, network.gradient, ...this.state];
      const [moved, ...state] = computed(PIECES.optimizers[settings.optimizer], columns, [settings.lr, this.steps + 1]);
      if (!Number.isFinite(objective) || !moved.every(Number.isFinite)) {
        network.theta.set(before.theta);
        [this.state, this.steps] = [before.state, before.steps];
        return false;
      }
      network.theta.set(moved);
      this.state = state;
      this.steps += 1;
    }
    this.epoch += 1;
    return true;
  }
}
