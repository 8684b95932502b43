// Python of one page, in a thread of its own: Pyodide beside this file, with the wheel of the project.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const SETUP = `
import ast, builtins, contextlib, io, pathlib, sys, traceback

namespace = {"__name__": "__main__"}
seen = {}

def as_html(thing):
    for name, made in (("_repr_html_", "{}"), ("_repr_svg_", "{}"), ("_repr_latex_", "<pre>{}</pre>")):
        shown = getattr(thing, name, lambda: None)()
        if shown:
            return made.format(shown)
    bundle = getattr(thing, "_repr_mimebundle_", lambda: {})()
    bundle = bundle[0] if isinstance(bundle, tuple) else bundle or {}
    return bundle.get("text/html") or bundle.get("image/svg+xml")

def show(thing):
    if thing is not None:
        namespace["_"] = thing
        html = None if isinstance(thing, type) else as_html(thing)
        tell("html", html) if html else tell("text", repr(thing) + "\\n")

def show_plain(thing):
    "As at a prompt; of what is there to be looked at, the picture too."
    if thing is not None:
        tell("text", repr(thing) + "\\n")
        if type(thing).__name__ in ("Picture", "Page"):
            tell("html", as_html(thing))

def show_pictures():
    for path in sorted(pathlib.Path("out").glob("*")):
        changed = path.stat().st_mtime_ns
        if seen.get(path) != changed and path.suffix in (".svg", ".html"):
            tell("html" if path.suffix == ".svg" else "page", path.read_text(encoding="utf-8"))
        seen[path] = changed

def execute(source, prompt):
    "Run it as a cell, whose last expression is shown, or as at a prompt, where all of them are."
    try:
        statements = ast.parse(source).body
        for index, node in enumerate(statements):
            last = index == len(statements) - 1
            if isinstance(node, ast.Expr) and (prompt or last):
                sys.displayhook = show_plain if prompt else show
                code = compile(ast.Interactive([node]), "<cell>", "single")
            else:
                code = compile(ast.Module([node], []), "<cell>", "exec")
            exec(code, namespace)
        show_pictures()
        return True
    except ModuleNotFoundError as error:
        tell("error", f"This block needs {error.name}, which Python on this page does not have. In a checkout it runs: "
             "see the quick start.\\n")
    except BaseException as error:
        lines = traceback.format_exception(type(error), error, error.__traceback__.tb_next)
        tell("error", "".join(lines))
    return False
`;

const ready = (async () => {
  const pyodide = await loadPyodide({ indexURL: new URL("./pyodide/", import.meta.url).href });
  const wheel = await (await fetch(new URL("./pyodide/autograd.whl", import.meta.url))).arrayBuffer();
  pyodide.unpackArchive(wheel, "wheel");
  const tell = (kind, text) => postMessage({ kind, text });
  pyodide.globals.set("tell", tell);
  pyodide.setStdout({ batched: (line) => tell("text", `${line}\n`) });
  pyodide.setStderr({ batched: (line) => tell("error", `${line}\n`) });
  pyodide.runPython(SETUP);
  return pyodide;
})();

self.onmessage = async ({ data: { source, prompt, preamble } }) => {
  let right = false;
  try {
    const pyodide = await ready;
    await pyodide.loadPackagesFromImports(source, { messageCallback: () => {} });
    if (preamble) {
      pyodide.runPython(`exec(${JSON.stringify(preamble)}, namespace)`);
    }
    right = pyodide.globals.get("execute")(source, prompt);
  } catch (error) {
    postMessage({ kind: "error", text: `${error}\n` });
  }
  postMessage({ kind: "done", right });
};
