# make run    everything a fresh machine needs, then the chat on 127.0.0.1:7860
# make test   everything a fresh machine needs, then the test suite
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run setup models test lint eval-gate browser clean

run: $(VENV)/.installed
	@$(BIN)/baowen models pull
	@$(BIN)/baowen serve --ingest seeds

setup: $(VENV)/.installed models
	@$(BIN)/baowen ingest seeds

models: $(VENV)/.installed
	@$(BIN)/baowen models pull

test: $(VENV)/.installed models browser
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

eval-gate: $(VENV)/.installed models
	$(BIN)/python -m eval gate

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "Installing into $(VENV) (a few minutes the first time)"
	@$(PYTHON) -c 'import sys; sys.exit("Baowen needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

# The browser tests want Debian's chromium and a Chinese font; without them they are skipped and say so.
browser:
	@if command -v chromium >/dev/null && fc-list :lang=zh 2>/dev/null | grep -q .; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing chromium and a Chinese font for the browser tests"; \
	    (apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	        chromium fontconfig fonts-noto-cjk >/dev/null) || echo "chromium could not be installed: the browser tests will be skipped"; \
	else echo "No chromium and not root: the browser tests will be skipped (apt install chromium fonts-noto-cjk)"; fi

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache *.egg-info
