// Python of one page, in a thread of its own: Pyodide beside this file, with the wheel of the project.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const SETUP = `
import ast, importlib, pathlib, sys, traceback

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

class Missing:
    "A package that is not there, or what was to be made with it: to name it is no error yet, to use it is."

    def __init__(self, name):
        self.__dict__["missing"] = name

    def __getattr__(self, _):
        raise ModuleNotFoundError(name=self.missing)

for _name in ("add sub mul truediv matmul pow radd rsub rmul rtruediv rmatmul rpow lt le gt ge neg abs float len "
              "call iter getitem enter format").split():
    setattr(Missing, f"__{_name}__", lambda self, *_, **__: self.any)

def do_without(node, package):
    "Skip a statement; what it would have named is missing too."
    names = [each.asname or each.name.partition(".")[0] for each in getattr(node, "names", ()) if hasattr(each, "name")]
    names += [each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
    namespace.update((name, Missing(package)) for name in names)

def execute(source, prompt):
    "Run it as a cell, whose last expression is shown, or as at a prompt, where all of them are."
    needed = {}
    try:
        statements = ast.parse(source).body
        for index, node in enumerate(statements):
            last = index == len(statements) - 1
            if isinstance(node, ast.Expr) and (prompt or last):
                sys.displayhook = show_plain if prompt else show
                code = compile(ast.Interactive([node]), "<cell>", "single")
            else:
                code = compile(ast.Module([node], []), "<cell>", "exec")
            try:
                exec(code, namespace)
            except ImportError as error:
                do_without(node, error.name)
                if not isinstance(node, ast.Import | ast.ImportFrom):
                    needed[error.name or str(error)] = True
        show_pictures()
    except BaseException as error:
        lines = traceback.format_exception(type(error), error, error.__traceback__.tb_next)
        tell("error", "".join(lines))
        return any(isinstance(thing, Missing) for thing in namespace.values())  # then what follows may do without
    if needed:
        tell("error", f"A part of this block needs what Python on this page does not have: {', '.join(needed)}. "
             "In a checkout all of it runs: see the quick start.\\n")
    return True

def stand_alone(name):
    "An example of the reference runs where its docstring does: in the module of what it documents."
    import autograd, nn
    package, *path = name.split(".")
    thing = {"autograd": autograd, "nn": nn}[package]
    for part in path[: 2 if path[0] == "plots" else 1]:
        thing = getattr(thing, part)
    namespace.clear()
    try:
        module = importlib.import_module(getattr(thing, "__module__", None) or package)
        namespace.update(vars(module))
    except ImportError as error:  # the example will say what is missing
        namespace[path[0]] = Missing(error.name)
    namespace.update(__name__="__main__", autograd=autograd, Value=autograd.Value)
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

self.onmessage = async ({ data: { source, prompt, name } }) => {
  let right = false;
  try {
    const pyodide = await ready;
    await pyodide.loadPackagesFromImports(source, { messageCallback: () => {} });
    if (name) {
      pyodide.globals.get("stand_alone")(name);
    }
    right = pyodide.globals.get("execute")(source, prompt);
  } catch (error) {
    postMessage({ kind: "error", text: `${error}\n` });
  }
  postMessage({ kind: "done", right });
};
