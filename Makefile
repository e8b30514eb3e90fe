# Two commands for a new clone: `make quickstart` and `make test`. They need only Python 3.11 or newer.
PYTHON ?= python3
VENV ?= .venv
WORKDIR ?= runs/quickstart
RUN := $(VENV)/bin/python

.PHONY: quickstart test lint
quickstart: $(VENV)/installed
	$(RUN) -m launch.train --config=configs/quickstart.py --workdir=$(WORKDIR)

test: $(VENV)/installed
	$(RUN) -m pytest -n auto --dist worksteal
	$(RUN) -m pytest -n auto --dist worksteal --doctest-modules geolift

lint: $(VENV)/installed
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

$(VENV)/installed: setup.py
	$(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --quiet --editable '.[viz,test,docs,dev]'
	touch $@
