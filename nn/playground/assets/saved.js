// What goes out and comes in: Python programs that give the same numbers, and models as `nn.save` writes them.

/** A number as Python's repr writes it. @param {number} x */
function pythonNumber(x) {
  if (!Number.isFinite(x)) return Number.isNaN(x) ? 'float("nan")' : x > 0 ? 'float("inf")' : '-float("inf")';
  const [digits, exponent] = x.toExponential().split("e");
  const power = Number(exponent);
  if (power < -4 || power >= 16) return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  const text = Math.abs(x) < 1 ? x.toFixed(Math.max(1, digits.replace(/^-?\d\.?/, "").length - power)) : String(x);
  const plain = Object.is(x, -0) ? "-0" : x === 0 ? "0" : text;
  return /\./.test(plain) ? plain : `${plain}.0`;
}

/** Items in lines of at most 110 characters. @param {string[]} items @param {string} indent */
function inLines(items, indent = "    ") {
  const lines = [""];
  for (const item of items) {
    const last = lines[lines.length - 1];
    if (last && last.length + item.length > 108) lines.push(`${item},`);
    else lines[lines.length - 1] = last ? `${last} ${item},` : `${item},`;
  }
  return lines.map((line) => `${indent}${line}\n`).join("");
}

/** @param {ArrayLike<number>} numbers */
const pythonNumbers = (numbers) => `[\n${inLines(Array.from(numbers, pythonNumber))}]`;

/** @param {number[][]} points */
const pythonPoints = (points) =>
  `[\n${inLines(points.map(([x, y, t]) => `([${pythonNumber(x)}, ${pythonNumber(y)}], ${Number.isInteger(t) ? t : pythonNumber(t)})`))}]`;

/**
 * What a program must tell.
 * @typedef {{ network: Network, activation: string, run: Run, initializer: string | null, seed: number,
 *   call: string, train: number[][], test: number[][], told: any }} Told
 */

/** The model, as Python makes it. @param {Told} told @param {Float64Array | null} theta */
function pythonModel({ network, activation, initializer, seed }, theta) {
  const layers = `MLP(${network.sizes[0]}, [${network.sizes.slice(1).join(", ")}], activation="${activation}"`;
  if (theta === null) return `model = ${layers}, initializer="${initializer}", rng=Random(${seed}))\n`;
  return (
    `model = ${layers})\nweights = ${pythonNumbers(theta)}\n` +
    "for parameter, number in zip(model.parameters(), weights, strict=True):\n    parameter.data = number\n"
  );
}

/** Lines that import names. @param {string} text @param {Record<string, string>} names each with its module */
function pythonImports(text, names) {
  /** @type {Record<string, string[]>} */
  const found = {};
  for (const [name, module] of Object.entries(names))
    if (new RegExp(`\\b${name}\\(|[= ]${name}\\b`).test(text)) found[module] = [...(found[module] ?? []), name];
  const line = (/** @type {string} */ module) => `from ${module} import ${found[module].sort().join(", ")}\n`;
  const ours = Object.keys(found).filter((module) => module !== "random");
  return `${found.random ? `${line("random")}\n` : ""}${ours.sort().map(line).join("")}`;
}

/** @param {Told} told */
const namesOf = (told) => ({
  Random: "random",
  Value: "autograd",
  to_html: "autograd",
  MLP: "nn",
  DataLoader: "nn",
  Dataset: "nn",
  evaluate: "nn",
  fit: "nn",
  random_split: "nn",
  make_moons: "nn",
  make_circles: "nn",
  make_spirals: "nn",
  make_blobs: "nn",
  ...Object.fromEntries(
    [...Object.keys(told.told.losses), ...Object.keys(PIECES.penalties)].map((name) => [name, "nn"]),
  ),
  ...Object.fromEntries(Object.values(told.told.optimizers).map((optimizer) => [optimizer.class, "nn"])),
});

/** A Python program that trains the network to the numbers of the page. @param {Told} told */
function pythonTraining(told) {
  const { run, train, test } = told;
  const { settings } = run;
  const optimizer = told.told.optimizers[settings.optimizer];
  let text = "";
  if (told.call && test.length)
    text += `data = ${told.call}\ntrain, test = random_split(data, [${train.length}, ${test.length}], seed=${told.seed})\n`;
  else if (told.call) text += `train = ${told.call}\n`;
  else {
    text += `train = Dataset.from_pairs(${pythonPoints(train)})\n`;
    if (test.length) text += `test = Dataset.from_pairs(${pythonPoints(test)})\n`;
  }
  text += `\n${pythonModel(told, told.initializer === null ? run.started : null)}`;
  text += `loss = ${told.told.losses[settings.loss].python}\n`;
  text += `optimizer = ${optimizer.class}(model.parameters(), lr=${pythonNumber(settings.lr)}${optimizer.options})\n`;
  text += `batches = DataLoader(train, batch_size=${settings.batch}, shuffle=True, seed=${settings.seed})\n`;
  const penalty = settings.penalty in PIECES.penalties;
  if (penalty)
    text += `\n\ndef penalty(model):\n    return ${settings.penalty}(model, ${pythonNumber(settings.strength)})\n\n\n`;
  if (run.epoch)
    text += `fit(model, batches, loss, optimizer, epochs=${run.epoch}${penalty ? ", regularizer=penalty" : ""})\n`;
  text += `print(evaluate(model, train, loss)["loss"])  # ${pythonNumber(run.loss(run.train))} in the browser\n`;
  if (test.length)
    text += `print(evaluate(model, test, loss)["loss"])  # ${pythonNumber(run.loss(columnsOf(test)))} in the browser\n`;
  const about = "# A network of the playground, trained to the same numbers, but for the last digits of exp, tanh, …\n";
  return `${about}${pythonImports(text, namesOf(told))}\n${text}`;
}

/** A Python program that writes the page of steps through the network as it is. @param {Told} told @param {number[]} sample */
function pythonSteps(told, [x, y, t]) {
  const text = `${pythonModel(told, told.network.theta)}
x1, x2 = Value(${pythonNumber(x)}, label="x1"), Value(${pythonNumber(y)}, label="x2")
output = model([x1, x2])
output.label = "y"
loss = ${told.told.losses[told.run.settings.loss].python.replace(/^(lambda.*)$/, "($1)")}([output], [${pythonNumber(t)}])
loss.label = "loss"
loss.backward()
print("step through it in", to_html(loss, "steps.html", model=model))
`;
  const about =
    "# Writes steps.html, which steps through backpropagation in the network of the playground as it is now.\n";
  return `${about}${pythonImports(text, namesOf(told))}\n${text}`;
}

/**
 * The page of `to_html` with the present weights; null if it is the page of another network.
 * @param {Told} told
 */
function pageOfSteps({ network, activation, run, told: { steps } }) {
  const same = String(steps.sizes) === String(network.sizes) && steps.loss === run.settings.loss;
  if (!same || (network.sizes.length > 2 && steps.activation !== activation)) return null;
  const begin = '\x3cscript id="data" type="application/json">'; // \x3c, as this text itself stands in such an element
  const [head, rest] = steps.html.split(begin);
  const end = rest.indexOf("\x3c/script>");
  const graph = JSON.parse(rest.slice(0, end));
  const names = network.names();
  graph.handed = graph.boxes.flatMap((/** @type {any} */ box, /** @type {number} */ i) =>
    box.kind === "parameter" ? [[i, network.theta[names.indexOf(box.path)]]] : [],
  );
  const safe = JSON.stringify(graph).replaceAll("<", "\\u003c");
  return `${head}${begin}${safe}${rest.slice(end)}`;
}

/** A model as `nn.save` writes it, to be read by `nn.load`. @param {Network} network @param {string} activation */
function savedModel(network, activation) {
  let modules = 0;
  const function_ = (/** @type {string} */ name) => (name === "identity" ? { function: name } : { primitive: name });
  const layers = network.sizes.slice(1).map((neurons, l) => {
    const last = l === network.sizes.length - 2;
    const layer = ++modules;
    return {
      module: layer,
      class: "Layer",
      attributes: {
        activation: null,
        neurons: Array.from({ length: neurons }, (_, i) => ({
          module: ++modules,
          class: "Neuron",
          attributes: {
            w: Array.from({ length: network.sizes[l] }, (_, j) => ({ parameter: `layers.${l}.neurons.${i}.w.${j}` })),
            b: { parameter: `layers.${l}.neurons.${i}.b` },
            nonlin: !last,
            activation: function_(last ? "identity" : activation),
          },
        })),
      },
    };
  });
  const architecture = { module: 0, class: "MLP", attributes: { layers, dropout: null } };
  const parameters = network.names().map((name, i) => `"${name}": ${pythonNumber(network.theta[i])}`);
  // Spaced as Python's json does, since the checksum is of the text.
  const spaced = JSON.stringify(architecture).replace(/[:,]/g, "$& ");
  const content = `{"architecture": ${spaced}, "reason": "", "parameters": {${parameters.join(", ")}}, "frozen": [], "generators": {}, "states": {}}`;
  const checksum = sha2(new TextEncoder().encode(content), 256);
  return `{"format": "scalar-autograd", "version": 1, "checksum": "${checksum}", "content": ${content}}\n`;
}

/**
 * What a file of `nn.save` says; an Error that says what is wrong for one that the page cannot show.
 * @param {string} text @param {{ inputs: number, widest: number, deepest: number }} limits
 */
function readModel(text, { inputs, widest, deepest }) {
  let whole;
  try {
    whole = JSON.parse(text);
  } catch {
    throw new Error("it is no JSON file");
  }
  if (whole?.format !== "scalar-autograd" || !whole.content?.parameters)
    throw new Error("it was not written by nn.save()");
  const { architecture, parameters } = whole.content;
  if (architecture?.class !== "MLP") throw new Error("it is no MLP, and the playground shows nothing else");
  const layers = architecture.attributes?.layers ?? [];
  const neurons = layers.map((/** @type {any} */ layer) => layer?.attributes?.neurons ?? []);
  const sizes = [neurons[0]?.[0]?.attributes?.w?.length, ...neurons.map((/** @type {any[]} */ some) => some.length)];
  if (sizes[0] !== inputs || sizes.at(-1) !== 1)
    throw new Error(`its sizes go from ${sizes[0]} to ${sizes.at(-1)}; here they go from ${inputs} to 1`);
  if (sizes.length - 2 > deepest || sizes.slice(1).some((size) => size > widest || size < 1))
    throw new Error(
      `its layers are ${sizes.slice(1).join(", ")}; here there are at most ${deepest} hidden ones of ${widest}`,
    );
  const names = neurons.map((/** @type {any[]} */ some) => [
    ...new Set(
      some.map((neuron) => neuron.attributes?.activation?.primitive ?? neuron.attributes?.activation?.function),
    ),
  ]);
  const hidden = [...new Set(names.slice(0, -1).flat())];
  if (hidden.length > 1 || (hidden[0] ?? "tanh") in PIECES.activations === false)
    throw new Error(
      `its activations are ${hidden.join(", ") || "unknown"}; here all hidden layers have one of ${Object.keys(PIECES.activations).join(", ")}`,
    );
  if (names.at(-1)[0] !== "identity" || architecture.attributes.dropout)
    throw new Error("its output has an activation, or it has Dropout, and the playground has neither");
  const activation = String(hidden[0] ?? "tanh");
  const network = new Network(sizes, PIECES.activations[activation]);
  network.names().forEach((name, i) => {
    if (!Number.isFinite(parameters[name])) throw new Error(`its parameter ${name} is no finite number`);
    network.theta[i] = parameters[name];
  });
  return { network, activation };
}
