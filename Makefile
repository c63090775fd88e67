# Every target makes what it needs: a virtual environment in .venv and the packages that this target alone asks for.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
LORA ?= 300
DEEP ?= 100
CHECKED := gamma_calc $(wildcard validation) tests benchmarks

.DELETE_ON_ERROR:
.PHONY: demo test lint types suite long bench fuzz clean

demo: $(VENV)/demo.stamp
	$(BIN)/gamma-calc derive examples/adapter_config.json
	$(BIN)/gamma-calc validate examples/adapter_config.json --at eta=-1/2 --widths 256:4096 --steps 3

test: lint types suite

lint: $(VENV)/test.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache

types: $(VENV)/test.stamp
	$(BIN)/mypy $(CHECKED)

suite: $(VENV)/test.stamp
	$(BIN)/pytest --numprocesses auto

long: $(VENV)/test.stamp
	$(BIN)/pytest -m long --timeout 3600

bench: $(VENV)/bench.stamp
	$(BIN)/python benchmarks/house.py
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/depth.py
	$(BIN)/python benchmarks/largest_rates.py
	$(BIN)/python benchmarks/optimiser_step.py
	$(BIN)/python benchmarks/by_hand.py

fuzz: $(VENV)/test.stamp
	$(BIN)/python -m validation.evidence.runs.fuzz --lora $(LORA) --deep $(DEEP)

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/demo.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[validation]'
	touch $@

$(VENV)/test.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[cluster,datasets,dev,peft,report,validation]'
	touch $@

$(VENV)/bench.stamp: pyproject.toml constraints.txt | $(BIN)/python
	$(INSTALL) --editable '.[bench]'
	touch $@

# A half-made environment would look complete to the next run, so a failure removes it.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is missing or older than Python 3.11; name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; \
	  exit 1; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }
