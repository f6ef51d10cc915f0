# `make demo` and `make test` set up everything they need in .venv; PYTHON picks another interpreter than python3.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
JOBS ?= 2

PYTHONS ?= python3.11 python3.12 python3.13
EXTRAS := client,faces,faces-opencv,mcp,media,modal,otel,runpod,server,templates,testing,weights

.PHONY: demo docs serve-docs test matrix oldest coverage mutants smoke check format generate bench clean

demo: $(VENV)/installed ## Draw a (simulated) Flux Dev picture into out/
	$(BIN)/ryla-graphs run flux-dev -p prompt="a red bicycle" -o out
	@echo 'The same on a page: $(BIN)/ryla-graphs serve, then open http://127.0.0.1:8100/'

test: $(VENV)/installed-dev ## All tests, type checkers and the linter included
	$(BIN)/python -m pytest -n $(JOBS)

matrix: ## All tests on each Python of PYTHONS that is installed
	@for python in $(PYTHONS); do \
		if command -v $$python >/dev/null && $$python -c '' 2>/dev/null; then \
			$(MAKE) test PYTHON=$$python VENV=.venv/$$python || exit 1; \
		else \
			echo "$$python is not installed: left out"; \
		fi; \
	done

oldest: ## All tests with the oldest packages that pyproject.toml allows; the type checkers are left out
	$(MAKE) VENV=.venv/oldest .venv/oldest/installed-dev
	.venv/oldest/bin/uv pip install --quiet --python .venv/oldest/bin/python \
		--upgrade --resolution lowest-direct --editable ".[$(EXTRAS)]"
	.venv/oldest/bin/python -m pytest -n $(JOBS) -W default --deselect tests/test_typing.py

coverage: $(VENV)/installed-dev ## All tests, with what they run of the code; fails below the floor in pyproject.toml
	$(BIN)/python -m coverage erase
	$(BIN)/python -m coverage run -m pytest -n $(JOBS) --deselect tests/test_typing.py
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report

mutants: $(VENV)/installed-dev ## Break the modules that guard money and data, and see whether tests notice
	$(BIN)/python -m tools.mutants --all --jobs $(JOBS) --write docs/mutants.md

smoke: $(VENV)/installed-dev ## Build the wheel, and try it with each extra alone
	$(BIN)/python scripts/smoke_wheel.py

check: $(VENV)/installed-dev ## Only linter and type checkers
	$(BIN)/python -m ruff check . && $(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy && $(BIN)/python -m pyright --pythonpath $(BIN)/python
	$(BIN)/python -m pyright --pythonpath $(BIN)/python -p tests/pyright_nodes.json

format: $(VENV)/installed-dev
	$(BIN)/python -m ruff check --fix . && $(BIN)/python -m ruff format .

generate: $(VENV)/installed-dev ## Write what is generated: node classes, tables of docs/, calls of the client
	$(BIN)/python -m tools.generate_nodes
	$(BIN)/python -m pytest -q tests/test_typing.py -k generated --update-golden
	$(BIN)/python -m tools.template_weights
	$(BIN)/python -m tools.weights_table
	$(BIN)/python -m tools.modal_tables
	$(BIN)/python -m tools.codes_tables
	$(BIN)/python -m tools.events_table
	$(BIN)/python -m tools.deprecations
	$(BIN)/python -m tests.data.make_object_info
	$(BIN)/python -m tools.write_presets_page
	$(BIN)/python -m tools.generate_client
	@if [ -d clients/typescript/node_modules ]; then $(BIN)/python -m tools.generate_typescript; fi

docs: $(VENV)/installed-dev ## Build the site of the docs into build/site
	$(BIN)/python -m pip install --quiet --editable ".[docs]"
	$(BIN)/python -m mkdocs build --quiet

serve-docs: docs
	$(BIN)/python -m mkdocs serve

bench: $(VENV)/installed-dev ## Measure; prints Markdown
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.compare

clean:
	rm -rf .coverage* $(VENV) out build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[server]"
	touch $@

$(VENV)/installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@ $(VENV)/installed
