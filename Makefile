# The two commands of a fresh machine are `make demo` and `make test`; both make .venv first.
.DEFAULT_GOAL := help
.PHONY: help demo test check sync figures build clean

VENV   := .venv
BIN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null)
# the first one that really runs (pyenv's shims exist without a Python behind them)
PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.user  ## a project in ./demo, a small ablation, the report, the PDF
	$(BIN)/paperkit demo

# as many processes as cores; JOBS=0 is one process, in which a debugger works
JOBS ?= auto

test: $(VENV)/.dev  ## all tests; STRICT=1 fails on any skip; ARGS="tests/house -x" for pytest
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(if $(STRICT),--strict-skips) $(ARGS)

check: $(VENV)/.dev  ## lint, format, types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

sync: $(VENV)/.dev  ## renew the template's copies of the slot engine and the standard modules
	$(BIN)/python -m paperkit.scaffold.sync

figures: $(VENV)/.dev  ## rebuild the gallery in figures/ from the tests' sample runs
	for script in figures/*.py; do $(BIN)/python "$$script" || exit 1; done

build: $(VENV)/.dev  ## sdist and wheel into dist/
	$(BIN)/python -m build --no-isolation

clean:  ## delete the environment and what the tools left
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

# Installed again only when pyproject.toml changed.
$(VENV)/.user: pyproject.toml | $(BIN)/python
	$(call install,-e .)
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(call install,-e . --group dev)
	@touch $@ $(VENV)/.user

# uv leaves byte code to the first import; torch's alone takes ten seconds then.
define install
$(if $(UV),$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python $(1),$(BIN)/python -m pip install --quiet $(1))
endef

$(BIN)/python:
	@test -n "$(UV)$(PYTHON)" || { echo "paperkit needs Python 3.11 or newer; here is $$(python3 --version 2>&1)." >&2; \
		echo "Debian 12, Ubuntu 24.04 or newer: apt-get install python3 python3-venv; or install uv: https://docs.astral.sh/uv" >&2; exit 3; }
ifdef UV
	$(UV) venv --quiet --allow-existing $(if $(PYTHON),--python $(PYTHON),--python '>=3.11') $(VENV)
else
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no venv module." >&2; \
		echo "Debian, Ubuntu: apt-get install $$($(PYTHON) -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')  (or python3-venv); or install uv: https://docs.astral.sh/uv" >&2; exit 3; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade 'pip>=25.1'  # the first that knows --group
endif
