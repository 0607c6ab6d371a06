# `make help` to build, `.venv/bin/hotline --help` to run.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
# Targets run in the order they are named: `make check test`.
.NOTPARALLEL:

# Where the database, keys, media and models of this installation are: the environment, else .env, else ./var.
HOTLINE_HOME ?= $(shell sed -n 's/^HOTLINE_HOME=//p' .env 2>/dev/null | tail -n 1)
HOME_FOLDER := $(abspath $(or $(strip $(HOTLINE_HOME)),var))
MODELS := $(HOME_FOLDER)/models
ifneq ($(strip $(HOTLINE_HOME)),)
export HOTLINE_HOME := $(HOME_FOLDER)
endif
# One test file, folder or name: make test T=tests/unit/test_triage.py
T ?=
# How many at once run the tests of a folder: each has a PostgreSQL and processes of its own, and waits half of the time.
WORKERS ?= $(shell nproc)

BIN := .venv/bin
# Python keeps what it compiled, also where the machine says otherwise: each process starts in half of the time.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/pytest
# LOG_LEVEL keeps Rasa's progress bars out of the log; nlu.rasa_server.train says itself how far it is.
NLU := PYTHONPATH=. RASA_TELEMETRY_ENABLED=false LOG_LEVEL=ERROR nlu/.venv/bin/python

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Use
.PHONY: run setup doctor
run: setup train ## Everything on this machine: set up, train if the data changed, start. Ctrl-C stops it
	@exec $(BIN)/hotline run

setup: ## Install what is missing: uv, two environments, Chromium, a Khmer font, tesseract. Does nothing the second time
	@scripts/setup

doctor: setup ## Show what is there, what is missing, which feature is off without it
	@$(BIN)/hotline doctor

##@ Before a commit
.PHONY: check audit test golden fuzz scale-demo chaos outages format
check: setup ## Format, lint, types, imports, unit tests: under two minutes
	@began=$$SECONDS
	$(BIN)/ruff format --check --output-format=concise .
	$(BIN)/ruff check --output-format=concise .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(PYTEST) -q -n $(WORKERS) tests/unit
	echo "check: passed in $$((SECONDS - began)) s"

audit: setup ## Ask for known holes in both locks: fails on one that docs/known-holes.yml does not name
	@$(BIN)/python scripts/audit.py

test: setup ## All tests, on a trained model; T=tests/unit/test_triage.py for some, WORKERS=4 for so many at once
	@case "$(T)" in tests/unit*) ;; *) $(MAKE) train ;; esac
	case "$(T)" in *.py*) at_once= ;; *) at_once="-n $(WORKERS)" ;; esac
	HOTLINE_MODELS="$(MODELS)" $(PYTEST) $$at_once $(T)

golden: train ## Compare what every held-out message leads to with what is frozen in tests/golden: 5 minutes
	@HOTLINE_HOME="$(HOME_FOLDER)" $(BIN)/python -m tests.golden

fuzz: setup ## Give intake 100,000 malformed updates (FUZZ=n for others): a quarter of an hour
	@HOTLINE_FUZZ=$(or $(FUZZ),100000) $(BIN)/pytest -q tests/contract/test_odd_updates.py

scale-demo: train ## The end-to-end tests on two gateways, three workers and two Rasa servers
	@HOTLINE_SHAPE=large HOTLINE_MODELS="$(MODELS)" $(BIN)/pytest tests/e2e

# The same SEED gives the same plan; without one any is taken, and printed.
SEED ?=
KILLS ?= 100
PEOPLE ?= 500
MINUTES ?= 10
chaos: train ## 500 people while everything is killed 100 times and more goes wrong: 35 minutes; SEED= KILLS= PEOPLE=
	HOTLINE_MODELS="$(MODELS)" $(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) --kills $(KILLS) --people $(PEOPLE)

outages: train ## Telegram, Rasa and the database away for MINUTES=10 each, under load
	HOTLINE_MODELS="$(MODELS)" $(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) --outages --minutes $(MINUTES)

format: setup ## Put the code into shape
	@$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

##@ Understanding
.PHONY: train ship-model evaluate outcome teach bench surge nlu-check rasa-shell rasa-test
# Rasa's own command, without the warnings of its libraries.
RASA := PYTHONPATH=. PYTHONWARNINGS=ignore RASA_TELEMETRY_ENABLED=false LOG_LEVEL=ERROR nlu/.venv/bin/rasa

rasa-shell: train ## Type a message, see what Rasa makes of it (docs/rasa-users.md)
	@$(RASA) shell nlu -m "$(MODELS)"

rasa-test: train ## Rasa's own test of the rules: tests/rasa/test_stories.yml
	@$(RASA) test core -m "$(MODELS)" -s tests/rasa --out "$(HOME_FOLDER)/rasa-test" --no-plot --fail-on-prediction-errors

train: setup ## Train Rasa if its data changed since the model that ships with the code (nlu/trained)
	@$(NLU) -m nlu.rasa_server.train --models "$(MODELS)"

ship-model: setup ## Train if the data changed, and make this model the one that ships: commit nlu/trained
	@$(NLU) -m nlu.rasa_server.train --models "$(MODELS)" --ship

evaluate: train ## Recall on the held-out messages and offers; ACCEPT=yes makes it the report to beat
	@$(NLU) -m nlu.evaluation --models "$(MODELS)" $(if $(ACCEPT),--accept)
	$(BIN)/python -m bot.offers.evaluation

outcome: train ## What happens to a person's first message, on messages nobody has read: one JSON line a promise
	@HOTLINE_HOME="$(HOME_FOLDER)" $(BIN)/python -m tests.outcome

teach: setup ## Make what the offer check has learned from data/offers/building and clauses, after a change of them or of the phrases
	@$(BIN)/python -m bot.offers.evaluation.teach
	$(BIN)/python -m bot.offers.evaluation.reference

teach-sheet: setup ## Make what the case sheet has learned from data/sheet, after a change of its messages: some minutes
	@$(BIN)/python -m nlu.sheet.teach

converse: train ## Live through the held-out conversations; HALF=test, SHOW=yes (dev only), TRANSCRIPTS=file
	@HOTLINE_MODELS="$(MODELS)" $(BIN)/python -m tests.converse --half $(or $(HALF),dev) $(if $(SHOW),--show) $(if $(TRANSCRIPTS),--transcripts "$(TRANSCRIPTS)")

bench: train ## Time the parts that have a scripts/bench_*.py, up to the highest rate of messages that is held, and what tests bound
	@shopt -s nullglob
	for script in scripts/bench_*.py; do
		case "$$script" in *_load.py) set -- --ceiling ;; *) set -- ;; esac
		$(BIN)/python "$$script" "$$@"
	done
	HOTLINE_TIMED=1 HOTLINE_MODELS="$(MODELS)" $(PYTEST) -q -m timed

surge: train ## A surge: an hour of 1,440 reports in simulated time, then five minutes of one in real time
	@SURGE_REPORTS=1440 $(BIN)/pytest -q -s -k 1440 tests/contract/test_surge.py 2>&1 | grep -v '^event='
	$(BIN)/python scripts/surge.py

nlu-check: setup ## Faults in the NLU data, in seconds
	@$(NLU) -m nlu.checks.training_data

##@ Texts and facts
.PHONY: data-check
data-check: setup ## Missing texts, differing placeholders, sources, phone numbers, red flags
	@$(BIN)/python -m bot.knowledge.check
	$(BIN)/python -m bot.offers.evaluation.reference
	$(BIN)/pytest -q tests/contract/test_texts.py tests/unit/test_offers_reference.py tests/unit/test_offers_agencies.py
