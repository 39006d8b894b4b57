# The one front door: `make help` lists what it opens.
# Needs only make, Python 3.11 or later and a package index.

PYTHON ?= python3
ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1
# Where Python may not keep what it compiled, every command compiles some 1,500 modules anew.
unexport PYTHONDONTWRITEBYTECODE

# --- environments ----------------------------------------------------------
# .locked stands for the lock's packages, .ready for the project itself on top of them,
# so that a new setting in pyproject.toml does not install everything again.

LOCKED_PIP = -m pip install -qq --no-compile --require-hashes
# Nothing is asked of an index: the build's own needs are in the lock.
EDITABLE_PIP = -m pip install -qq --no-compile --no-deps --no-build-isolation --editable .

define create_env
@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
  echo "This needs Python 3.11 or later; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || true)." >&2; \
  echo "Name another one, for example: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
@echo "Installing $< into $(@D) ..."
@$(PYTHON) -m venv --clear $(@D)
@$(@D)/bin/python $(LOCKED_PIP) --requirement $<
@touch $@
endef

.venv/.locked: requirements/run.txt
	$(create_env)

.venv-test/.locked: requirements/test.txt
	$(create_env)

.venv-dev/.locked: requirements/dev.txt
	$(create_env)

.venv-bench/.locked: requirements/bench.txt
	$(create_env)

.venv/.ready .venv-test/.ready .venv-bench/.ready: %/.ready: %/.locked pyproject.toml
	@$(@D)/bin/python $(EDITABLE_PIP)
	@touch $@

# The linters read the source where it lies.
.venv-dev/.ready: .venv-dev/.locked
	@touch $@

# --- what people do --------------------------------------------------------

.PHONY: run
run: .venv/.ready ## Serve the demo dossier (HOST=, PORT=, CLAIMS_DATABASE_URL=)
	@.venv/bin/claims-api demo

.PHONY: test
test: .venv-test/.ready ## Run the tests (ARGS="-k evidence --cov"; ARGS=-n0 for one process)
	.venv-test/bin/python -m pytest -n auto --dist worksteal $(ARGS)

.PHONY: faults
faults: .venv-test/.ready ## Hurt a real service and see what holds (minutes; ARGS="-k Sqlite")
	.venv-test/bin/python -m pytest tests/faults -m faults --log-cli-level=INFO \
	  --log-disable=alembic.runtime.migration $(ARGS)

.PHONY: bench
bench: .venv-bench/.ready ## Measure beside an empty answer and a FastAPI peer (ARGS="--claims 100000", see docs/performance.md)
	@.venv-bench/bin/python -m benchmarks $(ARGS)

# Those whose number ends so: the same third of each function's, every time. MUTANTS='*' is all of them.
MUTANTS ?= *[258]

.PHONY: mutants
mutants: .venv-dev/.ready ## Break the rules on purpose and count what the tests see (MUTANTS='*' for all)
	@rm -rf mutants
	PATH="$(CURDIR)/.venv-dev/bin:$$PATH" mutmut run --max-children 2 $(if $(filter-out *,$(MUTANTS)),'$(MUTANTS)')
	@PATH="$(CURDIR)/.venv-dev/bin:$$PATH" mutmut results --all true | awk -f .ci/mutants.awk

.PHONY: check
check: lint format-check types imports ## All that must hold before a commit, but for the tests

.PHONY: lint
lint: .venv-dev/.ready ## Look for mistakes and bad habits
	.venv-dev/bin/ruff check .

.PHONY: format-check
format-check: .venv-dev/.ready
	.venv-dev/bin/ruff format --check .

.PHONY: types
types: .venv-dev/.ready ## Check the types
	.venv-dev/bin/mypy

.PHONY: imports
imports: .venv-dev/.ready ## Check that imports only go down
	.venv-dev/bin/lint-imports --no-logo

.PHONY: format
format: .venv-dev/.ready ## Sort the imports and lay out the code
	.venv-dev/bin/ruff check --select I --fix .
	.venv-dev/bin/ruff format .

.PHONY: openapi
openapi: .venv/.ready ## Write openapi.yaml and the schema of bundles anew from the code
	.venv/bin/claims-api openapi --out openapi.yaml
	.venv/bin/claims-api bundle-schema --out docs/bundle.schema.json

# Each lock is held to the one before it, so that what is tested is what runs.
# Versions stay as they are while pyproject.toml allows them; ARGS=--upgrade moves them.
UV_COMPILE = .venv-dev/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-header --no-annotate $(ARGS) pyproject.toml --group build

.PHONY: lock
lock: .venv-dev/.ready ## Write requirements/*.txt anew from pyproject.toml (ARGS=--upgrade)
	$(UV_COMPILE) --output-file requirements/run.txt
	$(UV_COMPILE) --group test --constraint requirements/run.txt --output-file requirements/test.txt
	$(UV_COMPILE) --group dev --constraint requirements/test.txt --output-file requirements/dev.txt
	$(UV_COMPILE) --group bench --constraint requirements/test.txt --output-file requirements/bench.txt

.PHONY: hooks
hooks: .venv-dev/.ready ## Have git run the checks before each commit
	.venv-dev/bin/pre-commit install

.PHONY: clean
clean: ## Remove the environments and everything built (no database)
	rm -rf .venv .venv-test .venv-dev .venv-bench benchmarks/.cache build dist htmlcov .coverage .coverage.* .pytest_cache .mypy_cache \
	  .ruff_cache .import_linter_cache .hypothesis .schemathesis mutants
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## List these
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
