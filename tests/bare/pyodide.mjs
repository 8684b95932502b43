// The tour of the bare installation under Pyodide, Python in WebAssembly, as browsers run it.
// Run: node tests/bare/pyodide.mjs <folder of npm's package pyodide> <pure wheel>
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, wheel] = process.argv.slice(2).map((path) => resolve(path));
if (!wheel) {
  console.error("usage: node pyodide.mjs <folder of the package pyodide> <pure wheel>");
  process.exit(2);
}
const { loadPyodide } = await import(pathToFileURL(join(folder, "pyodide.mjs")));
const pyodide = await loadPyodide({ indexURL: folder });
pyodide.unpackArchive(new Uint8Array(readFileSync(wheel)), "wheel"); // a Buffer is unknown to it
const tour = readFileSync(new URL("tour.py", import.meta.url), "utf-8");
try {
  await pyodide.runPythonAsync(tour, { filename: "tour.py" });
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
