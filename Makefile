# Each stamp is written only when its step has succeeded, so whatever was interrupted is simply given again.

PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
INSTALL := $(PIP) install --require-hashes --requirement
UV_LOCK := .make/lock/bin/uv pip compile --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-annotate --no-header --quiet
SAY := @printf '\n\033[1m→ %s\033[0m\n'
FAST := not (postgres or redis or browser or server or slow)

# A .venv that was made for another folder, or whose Python is gone, is made anew.
$(shell [ -x $(PY) ] && [ "$$(cat .venv/made 2>&1)" = "$(CURDIR)" ] || rm -f .venv/made)

.PHONY: help run test check lint needs bench pictures assets translations lock clean
.DELETE_ON_ERROR:
.SUFFIXES:

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

run: .venv/runtime static/vendor/brought .venv/translations ## see it: a demonstration on http://127.0.0.1:8000 (HOST, PORT)
	@exec $(PY) -m consult demo

test: lint needs ## everything: lint, types, unit, both databases, sockets, browsers
	$(SAY) "tests"
	@$(PY) -m pytest

bench: .venv/test .venv/translations ## how fast it is: tables, and JSON in var/benchmarks
	@$(PY) -m benchmarks

pictures: needs ## the pictures that the README shows, taken anew
	@PICTURES=docs/pictures $(PY) -m pytest --quiet tests/browser/test_pictures.py

check: lint ## the fast subset for work: lint, types, unit
	@$(PY) -m pytest --quiet -m "$(FAST)"

lint: .venv/test
	$(SAY) "lint and types"
	@$(PY) -m ruff check .
	@$(PY) -m mypy

needs: .venv/test static/vendor/brought .venv/translations
	$(SAY) "what the tests need"
	@$(PY) -m tests.support.needs

assets: static/vendor/brought ## browser assets into static/vendor, as package-lock.json pins them

translations: .venv/runtime ## gather the texts of the code into consult/translations and compile them
	$(PY) -m babel.messages.frontend extract --mapping-file babel.cfg --keywords "_l" --keywords "t" \
		--sort-by-file --add-location file --project consult --output-file consult/translations/messages.pot .
	$(PY) -m babel.messages.frontend update --ignore-obsolete --no-fuzzy-matching \
		--input-file consult/translations/messages.pot --output-dir consult/translations
	$(PY) hatch_build.py translations

lock: .make/lock/bin/uv ## the lock files anew, from pyproject.toml and package.json
	$(UV_LOCK) --upgrade pyproject.toml --group build --output-file requirements.lock
	$(UV_LOCK) --constraint requirements.lock pyproject.toml --group build --group test --output-file requirements-test.lock
	$(UV_LOCK) --upgrade --group node --output-file requirements-node.lock
	npm install --package-lock-only --ignore-scripts --no-audit --no-fund

clean: ## away with everything that make brought; the data in var/ stays
	rm -rf .venv .make static/vendor build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find consult tests -name __pycache__ -prune -exec rm -rf {} +
	find consult -name '*.mo' -delete

.venv/made:
	$(SAY) "a Python environment in .venv"
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit(f"consult: Python 3.11 or newer is needed and $(PYTHON) is {sys.version.split()[0]}; name another: make PYTHON=python3.12")'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "consult: $(PYTHON) has no ensurepip (on Debian and Ubuntu: apt install python3-venv); or name another: make PYTHON=…"; exit 1; }
	@$(PYTHON) -m venv --clear .venv
	@printf '%s' "$(CURDIR)" > $@

.venv/runtime: .venv/made requirements.lock pyproject.toml
	$(SAY) "the locked packages"
	@$(INSTALL) requirements.lock
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/test: .venv/runtime requirements-test.lock
	$(SAY) "the locked packages of the tests"
	@$(INSTALL) requirements-test.lock
	@touch $@

static/vendor/brought: package-lock.json hatch_build.py | .venv/runtime
	$(SAY) "browser assets"
	@command -v npm >/dev/null || $(INSTALL) requirements-node.lock
	@$(PY) hatch_build.py assets
	@touch $@

.venv/translations: .venv/runtime hatch_build.py $(wildcard consult/translations/*/LC_MESSAGES/messages.po)
	@$(PY) hatch_build.py translations
	@touch $@

.make/lock/bin/uv: pyproject.toml
	@$(PYTHON) -m venv --clear .make/lock
	@.make/lock/bin/python -m pip install --quiet 'uv>=0.13.9,<0.14'
	@touch $@
