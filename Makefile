# make demo   train a network on real data and draw it      make test   run the tests
# make check  lint and types                                 make clean  remove what these made
#
# Needs Python 3.11 or later, as `python3` or as PYTHON=…; everything else is installed into .venv.

PYTHON ?= python3
RUN = .venv/bin/python

.PHONY: demo demos test check clean

demo: .venv/installed
	MPLBACKEND=Agg $(RUN) demos/02_moons.py

demos: .venv/installed
	for demo in demos/[0-9]*.py; do MPLBACKEND=Agg $(RUN) "$$demo" || exit 1; done

test: .venv/installed
	MPLBACKEND=Agg $(RUN) -m pytest

check: .venv/linters
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(RUN) -m pyright

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; name one with: make PYTHON=/path/to/python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(RUN) -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(RUN) -m pip install --quiet --disable-pip-version-check --editable '.[demos]' --group test
	@touch .venv/installed

.venv/linters: .venv/installed
	$(RUN) -m pip install --quiet --disable-pip-version-check --group lint
	@touch .venv/linters

clean:
	rm -rf .venv out build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
