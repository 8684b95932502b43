# make demo   train a network on real data and draw it      make test   run the tests
# make check  lint and types                                 make clean  remove what these made
#
# make docs        write the site to out/docs: pages, the demos run as notebooks, the reference, Python in the page
# make demos       run all the demos, and hold them to their numbers
# make export      hold what is handed on to JAX, PyTorch, ONNX, C and others to the engine (installs some gigabytes)
# make export-quick  the same without PyTorch, which is most of these, and without what takes minutes
# make exercises   grade the solutions of the exercises       make bench    compare the speed with peers, and draw it
# make exhaustive  the tests that take minutes             make browser  those that need a browser or notebooks
# make distributed the tests that need several processes, and JAX
# make rules       print autograd/accelerator/rules.h from the table, after a change to a row
# make bare        try an installation with nothing else, as compiled, as pure and, where there is node, under Pyodide
# make test-plain  run the tests on the plain core           make sanitize  the core's, on one that checks its memory
# make coverage    run them there, and tell which branches of autograd and nn no test takes
# make constraints the oldest and the newest dependencies, from pyproject.toml, but for other engines
# make mutants     put mistakes into the table and the core, and see which no test notices
# make audit       look up the newest in the list of known vulnerabilities
#
# Needs Python 3.11 or later, as `python3` or as PYTHON=…; everything else is installed into .venv, or VENV=….  With a C
# compiler the core is compiled, without one plain Python does its work.  On another Python, with given dependencies:
#
# make test VENV=out/3.13 PYTHON=python3.13 CONSTRAINTS=constraints/newest.txt

PYTHON ?= python3
VENV ?= .venv
CONSTRAINTS ?=
RUN = $(VENV)/bin/python
BARE = env -u PYTHONPATH out/bare/bin/python
PYODIDE = 314.0.7
MATHJAX = 3.2.2
INSTALL = $(RUN) -m pip install --quiet --disable-pip-version-check
COMPILE = $(RUN) -m uv pip compile --quiet --upgrade --no-header --no-annotate \
	$(addprefix --extra ,pictures native live plots demos) \
	$(addprefix --group ,test notebook browser) pyproject.toml

# What the compiled core does is called by these; what they need beside it (NumPy, mpmath) has passed the sanitizers.
CORE_TESTS = $(addprefix tests/test_,tiny.py accelerator.py rules.py cores.py core_abuse.py modes.py engine.py table.py \
	transforms.py random_graphs.py checkpointing.py anomaly.py doors.py doors_of_samples.py adjoints.py gathering.py)

.PHONY: demo docs demos export export-quick exercises bench test test-plain exhaustive browser distributed coverage bare sanitize check mutants constraints audit rules installed clean

demo: $(VENV)/installed
	MPLBACKEND=Agg $(RUN) demos/3_networks/09_moons.py

demos: $(VENV)/installed
	$(RUN) -m pytest -q -m demos --capture=no tests/demos

# PyTorch's wheel for Linux brings CUDA, which no test needs but without which it does not start.
export: $(VENV)/installed
	$(INSTALL) --group export --group torch
	MPLBACKEND=Agg $(RUN) -m pytest -q -m "not demos" tests/export

export-quick: $(VENV)/installed
	$(INSTALL) --group export
	MPLBACKEND=Agg $(RUN) -m pytest -q tests/export

exercises: $(VENV)/installed
	$(RUN) -m autograd.exercises check --folder tests/exercises

# Peers beside micrograd are measured if they are there: pip install jax torch casadi drjit
bench: $(VENV)/installed
	$(INSTALL) --group bench
	MPLBACKEND=Agg $(RUN) benchmarks/all.py

# What a notebook printed is kept in out/docs-cache until its code changes.  From npm come formulas, and Python in the page.
docs: $(VENV)/installed
	$(INSTALL) --group docs
	rm -rf out/pure out/docs
	AUTOGRAD_PURE=1 $(RUN) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir out/pure .
	@if command -v npm >/dev/null; then \
		npm install --silent --no-save --no-package-lock --prefix out/pages mathjax@$(MATHJAX) pyodide@$(PYODIDE); \
	else echo "NOT THERE: formulas and Python in the page, which need npm"; fi
	$(RUN) docs/assemble.py out/docs-sources $(addprefix out/pages/node_modules/,mathjax/es5 pyodide) out/pure
	MPLBACKEND=Agg $(RUN) docs/execute.py out/docs-sources out/docs-cache
	MPLBACKEND=Agg $(RUN) -m sphinx -q -W --keep-going -d out/docs-doctrees out/docs-sources out/docs
	@echo "the site is in out/docs; to read it with Python in the page: python3 -m http.server --directory out/docs"

test: $(VENV)/installed
	MPLBACKEND=Agg $(RUN) -m pytest

test-plain: $(VENV)/installed
	AUTOGRAD_PURE=1 MPLBACKEND=Agg $(RUN) -m pytest

exhaustive: $(VENV)/installed
	MPLBACKEND=Agg $(RUN) -m pytest -q -m exhaustive

browser: $(VENV)/installed
	$(INSTALL) --group browser --group notebook
	MPLBACKEND=Agg $(RUN) -m pytest -q tests/test_render.py tests/test_display.py tests/test_page.py tests/browser

distributed: $(VENV)/installed
	$(INSTALL) --group distributed
	$(RUN) -m pytest -q tests/test_distributed.py

# The plain core has the code that is read here; what only the compiled one runs is added to it.
coverage: $(VENV)/installed
	rm -rf out/coverage
	mkdir -p out/coverage
	AUTOGRAD_PURE=1 MPLBACKEND=Agg $(RUN) -m coverage run -m pytest
	MPLBACKEND=Agg $(RUN) -m coverage run -m pytest -q $(CORE_TESTS)
	$(RUN) -m coverage combine --quiet
	$(RUN) -m coverage report

# The last of these is Python in WebAssembly, as browsers run it, from npm.
bare:
	rm -rf out/bare out/pure
	$(PYTHON) -m venv out/bare
	$(BARE) -m pip install --quiet --disable-pip-version-check .
	$(BARE) tests/bare/tour.py
	AUTOGRAD_PURE=1 $(BARE) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir out/pure .
	$(BARE) -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall out/pure/*.whl
	$(BARE) tests/bare/tour.py
	@if command -v node >/dev/null && command -v npm >/dev/null; then \
		npm install --silent --no-save --no-package-lock --prefix out/pyodide pyodide@$(PYODIDE) && \
		node tests/bare/pyodide.mjs out/pyodide/node_modules/pyodide out/pure/*.whl; \
	else echo "NOT RUN: the tour under Pyodide, which needs node and npm"; fi

# gcc's sanitizers: what is compiled with them must find their library loaded, Python must not pool its memory, and pytest
# must not capture the report of a crash.
sanitize: $(VENV)/installed
	rm -rf out/sanitized
	AUTOGRAD_PURE=0 CC=gcc CFLAGS='-g -fsanitize=address,undefined -fno-sanitize-recover=undefined' \
		LDFLAGS='-fsanitize=address,undefined' $(INSTALL) --no-deps --target out/sanitized .
	cp -r tests docs pyproject.toml out/sanitized
	cp autograd/accelerator/rules.h out/sanitized/autograd/accelerator
	cd out/sanitized && LD_PRELOAD="$$(gcc -print-file-name=libasan.so)" ASAN_OPTIONS=detect_leaks=0 \
		PYTHONMALLOC=malloc "$(CURDIR)/$(RUN)" -m pytest -q --capture=sys -p no:cacheprovider -k "not memory_returns" \
		$(CORE_TESTS)

check: $(VENV)/linters
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(RUN) -m pyright

constraints: $(VENV)/linters
	$(COMPILE) --python-version 3.11 --resolution lowest-direct --output-file constraints/oldest.txt
	$(COMPILE) --python-version 3.11 --universal --output-file constraints/newest.txt

mutants: $(VENV)/installed
	$(INSTALL) --group mutants
	$(RUN) tests/mutants.py

audit: $(VENV)/installed
	$(INSTALL) --group audit
	$(RUN) .ci/audit constraints/newest.txt

rules: $(VENV)/installed
	$(RUN) -m autograd.native.c.rules

installed: $(VENV)/installed

$(VENV)/installed: pyproject.toml hatch_build.py $(wildcard autograd/accelerator/*.[ch])
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; name one with: make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --upgrade 'pip>=25.1'
	$(INSTALL) $(CONSTRAINTS:%=--constraint %) --editable '.[demos]' --group test
	@touch $(VENV)/installed

$(VENV)/linters: $(VENV)/installed
	$(INSTALL) --group lint
	@touch $(VENV)/linters

clean:
	rm -rf .venv out build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -f autograd/accelerator/_core.*.so autograd/accelerator/_core.*.pyd
