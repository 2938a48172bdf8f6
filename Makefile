# The two commands of the README are `make deploy-local` and `make test`; both need Python 3.11 and make only.
PYTHON ?= python3.11
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: test test-versions deploy-local sandbox test-aws bench bench-long bench-labels pictures docs lint lock clean
.DELETE_ON_ERROR:

# File by file on two workers, in the order of their names: the end-to-end tests take longest and come first.
test: .venv/installed node_modules/installed
	pytest -n 2 --dist loadfile --no-loadscope-reorder

# The supported versions that are not the locked ones (several minutes). pyenv offers one Python alone unless it is
# asked for more.
test-versions: .venv/installed node_modules/installed
	@PYENV_VERSION=$$(pyenv versions --bare 2>/dev/null | paste -sd : -) nox

deploy-local: .venv/installed node_modules/installed
	@python -m glue_labels_sandbox deploy GlueLabelsExample

sandbox: .venv/installed node_modules/installed
	@python -m glue_labels_sandbox

# The end-to-end scenarios in the account of your AWS profile, in a stack that is deleted at the end. It says what it
# creates and asks first: make test-aws OPTIONS="--profile sandbox --region eu-central-1 --yes".
test-aws: .venv/installed node_modules/installed
	@python -m glue_labels_account $(OPTIONS)

# Measures, eight to twelve minutes; writes build/bench.json, docs/performance.md and docs/img/.
bench: .venv/installed node_modules/installed
	@python -m glue_labels_bench

# Runs of 20 minutes, which outlive an invocation of the function.
bench-long: .venv/installed node_modules/installed
	@python -m glue_labels_bench --long

# Draws docs/img/*.svg from docs/pictures/*.d2. The benchmark draws the plots.
pictures: .venv/installed node_modules/installed
	@node docs/pictures/draw.mjs

# The site, in build/docs.
docs: .venv/installed
	@NO_MKDOCS_2_WARNING=1 mkdocs build --strict --quiet
	@echo "The site is in build/docs. Open build/docs/index.html."

lint: .venv/installed
	ruff format --check
	ruff check
	mypy

# Time and memory of checking a label file of a million rows, against the csv module's reader alone; and of the
# labeling page of 100,000 rows.
bench-labels: .venv/installed
	@python bench/label_files.py

# pip itself stays the one venv brought: everything it installs is named with its hash in dev.txt.
PIP_INSTALL = pip install --quiet --quiet --disable-pip-version-check

.venv/locked: requirements/dev.txt
	@echo "Setting up .venv (once, about a minute) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(PIP_INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

.venv/installed: .venv/locked pyproject.toml
	@$(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

node_modules/installed: package-lock.json .npmrc | .venv/installed
	@echo "Installing the CDK CLI (once) ..."
	@npm ci --silent
	@touch $@

# Newer versions of what requirements/dev.in names; index addresses stay out of the file.
lock: .venv/installed
	pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header --no-annotate \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	  --output-file requirements/dev.txt requirements/dev.in
	npm install --package-lock-only --silent

clean:
	rm -rf .venv .nox node_modules cdk.out build
