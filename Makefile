# Every command a person needs, one line each; `make help` lists them.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON := .venv/bin/python
CDK := npx --no-install cdk
# The stack that holds the pipeline is the same whether or not functions are built (blocks/placeholder.py).
UNBUILT := -c functions=placeholder
# The policies that a rehearsal bootstraps its accounts with.
REHEARSED := build/rehearsed-policies
# Without make's job slots, which are not handed on through programs that are not make.
ALONE := env -u MAKEFLAGS -u MFLAGS
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help
help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

# --- set-up -----------------------------------------------------------------
# It is remembered by the lock files it came from, so that a second call costs nothing.

.venv/.locked: requirements.lock pyproject.toml
	@python3 -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Slipway needs Python 3.11 or newer; on Debian: apt-get install python3 python3-venv")'
	@bash pipeline/steps/environment.sh .venv requirements.lock
	@VIRTUAL_ENV=$(CURDIR)/.venv .venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

node_modules/.locked: package-lock.json
	@command -v npm >/dev/null || { echo "Slipway needs Node.js 20 or newer with npm; on Debian: apt-get install nodejs npm" >&2; exit 1; }
	@npm ci --silent
	@touch $@

# What judges the templates beside cdk-nag. Compiled at once: importing its sources takes longer than judging.
build/checkov/.locked: pipeline/security/requirements.lock
	@UV_COMPILE_BYTECODE=1 bash pipeline/steps/environment.sh build/checkov $<
	@touch $@

.PHONY: setup
setup: .venv/.locked node_modules/.locked ## Install this repository's tool chain into .venv and node_modules
	@command -v cargo >/dev/null || { echo "Slipway needs cargo: install Rust with rustup, or on Debian: apt-get install cargo" >&2; exit 1; }

PYTHON_LOCK := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

.PHONY: lock
lock: ## Write the lock files again after a change in pyproject.toml, package.json or a requirements.in of pipeline/
	$(PYTHON_LOCK) --extra dev pyproject.toml -o requirements.lock
	$(PYTHON_LOCK) -c requirements.lock pipeline/steps/requirements.in -o pipeline/steps/requirements.lock
	$(PYTHON_LOCK) pipeline/security/requirements.in -o pipeline/security/requirements.lock
	$(PYTHON) -m pipeline.wheels --write
	npm install --package-lock-only

# --- build ------------------------------------------------------------------

.PHONY: build-lambdas
build-lambdas: setup ## Build every function, Rust and Python, for this machine
	@bash pipeline/steps/build-functions.sh

# --- look before you push -----------------------------------------------------

.PHONY: synth
synth: build-lambdas ## Synthesise every stack into cdk.out, with every check
	$(CDK) synth --quiet

.PHONY: diff
diff: build-lambdas ## What this tree changes against BASE (a git ref; default HEAD): replacements, data, permissions
	@bash pipeline/steps/diff.sh $(BASE)

.PHONY: plan
plan: setup ## What the pipeline will do, stage by stage, and what it will cost in time
	@.venv/bin/slipway plan $(UNBUILT) $(ARGS)

.PHONY: rehearse
rehearse: setup ## Run the whole pipeline on this machine; APPROVE=all answers every approval
	@$(PYTHON) -m pipeline.bootstrap --policies $(REHEARSED)
	@.venv/bin/slipway rehearse $(UNBUILT) $$(printf -- '--execution-policy %s ' $(REHEARSED)/delivery-execution-*.json) --permissions-boundary $(REHEARSED)/delivery-boundary.json $(if $(APPROVE),--approve $(APPROVE)) $(ARGS)

.PHONY: chat
chat: setup ## Talk to Second Brain in the rehearsal, after `slipway rehearse --keep`; STAGE=Prod for another stage
	@variables=$$(.venv/bin/slipway env) && eval "$$variables" && $(PYTHON) -m agents.second_brain.chat $(STAGE)

# --- check --------------------------------------------------------------------

.PHONY: format
format: setup ## Format Python and Rust
	.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet .
	cargo fmt --manifest-path lambdas/Cargo.toml --all

.PHONY: lint
lint: lint-python lint-rust ## Lint and type-check Python, Rust and shell

.PHONY: lint-python
lint-python: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	@command -v shellcheck >/dev/null || { echo "ShellCheck has no Python wheel for this machine: apt-get install shellcheck" >&2; exit 1; }
	shellcheck pipeline/steps/*.sh .ci/run
	.venv/bin/mypy

.PHONY: lint-rust
lint-rust: setup
	cargo fmt --manifest-path lambdas/Cargo.toml --all --check
	$(ALONE) cargo clippy --manifest-path lambdas/Cargo.toml --workspace --all-targets --all-features --quiet -- -D warnings

.PHONY: test-rust
test-rust: setup ## Run the Rust tests, those on a real PostgreSQL included
	$(ALONE) $(PYTHON) -m rehearsal.postgres --temporary -- cargo test --manifest-path lambdas/Cargo.toml --workspace --all-features --quiet

# One after the other, because Cargo lets only one of them compile at a time.
.PHONY: check-rust
check-rust: setup
	@$(MAKE) lint-rust
	@$(MAKE) test-rust

.PHONY: test-python
test-python: build-lambdas chromium build/checkov/.locked ## Run the Python tests, pages in a real Chromium included
	.venv/bin/pytest --numprocesses 2 --dist loadscope --no-loadscope-reorder

# WRITE=yes keeps the counts as they are now; ARGS=--json prints every finding for a program.
.PHONY: security
security: setup build/checkov/.locked ## Count what cdk-nag's packs and checkov find, by rule; a rise fails
	@$(CDK) synth --quiet --output build/security.out $(UNBUILT) -c security=findings
	@$(PYTHON) -m pipeline.security build/security.out $(if $(filter yes,$(WRITE)),--write) $(ARGS)

.PHONY: test-rehearsal
test-rehearsal: build-lambdas ## Rehearse this commit from nothing to prod
	.venv/bin/pytest tests/e2e -p no:xdist

.PHONY: chromium
chromium:
	@command -v chromium >/dev/null || { $$(test $$(id -u) = 0 || echo sudo) apt-get update --quiet --quiet && $$(test $$(id -u) = 0 || echo sudo) apt-get install --quiet --yes --no-install-recommends chromium >/dev/null; }

.PHONY: test
test: setup ## The one gate: lint, types, Rust, Python, templates, scenarios, pages, and a rehearsal end to end
	@$(MAKE) --jobs=2 --output-sync=target lint-python check-rust
	@$(MAKE) test-python
	@$(MAKE) test-rehearsal

.PHONY: bench
bench: build-lambdas ## Print the figures: synth, engine, start-up, rehearsal, functions and their bytes
	@$(PYTHON) -m tests.bench

# --- real AWS -------------------------------------------------------------------

# PRUNE=yes also drops what no template needs any more, which roll-backs may still need.
.PHONY: execution-policy
execution-policy: setup ## Write what CloudFormation and every role may do again, from the templates
	@$(CDK) synth --quiet --output build/permissions.out $(UNBUILT) -c permissions=unchecked
	@$(PYTHON) -m pipeline.permissions build/permissions.out $(if $(filter yes,$(PRUNE)),--prune)

.PHONY: bootstrap
bootstrap: setup ## Print the cdk bootstrap calls for every account and region; RUN=yes runs them
	@$(PYTHON) -m pipeline.bootstrap $(if $(filter yes,$(RUN)),--run) $(ARGS)

# Each asks the account of your credentials; ARGS="--profile ACCOUNT=PROFILE" names those of another.
.PHONY: zones
zones: setup ## Ask EC2 which zones your accounts have, and whether everything is offered in those you deliver to
	@$(PYTHON) -m pipeline.zones $(ARGS)

.PHONY: models
models: setup ## Ask Bedrock whether your accounts may call every model of the catalogue, and say what to do
	@$(PYTHON) -m pipeline.models $(ARGS)

.PHONY: deploy-pipeline
deploy-pipeline: setup ## Deploy the pipeline into the account of your AWS credentials; pushes do the rest
	$(CDK) deploy pipeline $(UNBUILT)

.PHONY: recover
recover: setup ## What to do about stacks that no retry can update; ENVIRONMENT=prod
	@$(PYTHON) -m pipeline.recovery $(or $(ENVIRONMENT),$(error say which: make recover ENVIRONMENT=prod)) $(ARGS)

.PHONY: teardown
teardown: setup ## Print the calls that take an environment down, in order; ENVIRONMENT=dev, RUN=yes runs them
	@$(PYTHON) -m pipeline.teardown $(or $(ENVIRONMENT),$(error say which: make teardown ENVIRONMENT=dev)) $(if $(filter yes,$(RUN)),--run) $(ARGS)

# A sandbox runs on AWS's processor, one in the embedded AWS (`slipway env`) on this machine's.
.PHONY: deploy-stack
deploy-stack: setup ## Deploy your own sandbox copy; STACK=SecondBrainDatabase for one stack and what it needs
	@FUNCTION_ARCHITECTURE=$(if $(AWS_ENDPOINT_URL),host,arm64) bash pipeline/steps/build-functions.sh
	$(CDK) deploy 'sandbox/$(or $(STACK),*)'

.PHONY: destroy
destroy: setup ## Destroy your own sandbox copy
	$(CDK) destroy 'sandbox/*' $(UNBUILT)
