# Two commands do all their own set-up: `make` runs the laptop study, `make test` what must pass.
#
#   make STUDY=tiny            another study
#   make CONFIG="seed=2"       other values, as for snakemake --config
#   make ARGS="--dry-run"      further arguments for Snakemake
#   make PROFILE=slurm         on a cluster: the flags in profiles/slurm
#   make resume                go on after an interruption
#   make plan CORES=64         what a study will take, before it runs; BY=figure
#   make status                what is stale and why, and what a run would cost
#   make PYTHON=/path/python3  a Python of your choice for .venv

STUDY ?= laptop
PROFILE ?= default
CORES ?= all
BY ?= stage
CONFIG ?=
ARGS ?=
PYTHON ?= python3 python3.13 python3.12 python3.11

VENV := .venv
READY := $(VENV)/ready
BRIAN2 := $(VENV)-brian2/ready
RESERVOIRPY := $(VENV)-reservoirpy/ready
BIN := $(VENV)/bin
CODE := workflow tests benchmarks docs
RULES := Snakefile workflow/rules
# Snakemake finds the default profile by itself, and reads it besides any other.
WITH := $(if $(filter-out default,$(PROFILE)),--profile profiles/$(PROFILE))
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --quiet

.DEFAULT_GOAL := study
.DELETE_ON_ERROR:
.PHONY: study resume plan report status accept verify test test-cluster benchmark lint format \
	clean lock

study: profiles/$(PROFILE)/config.yaml $(READY)
	@$(BIN)/snakemake $(WITH) --cores $(CORES) $(ARGS) --config study=$(STUDY) $(CONFIG)
	@$(if $(ARGS),,$(MAKE) --no-print-directory report)
	@PYTHONPATH=workflow $(BIN)/python -m spikerate.study.claims results/$(STUDY)

profiles/%/config.yaml:
	@echo "make: PROFILE must be one of $(patsubst profiles/%/config.yaml,%,$(wildcard \
		profiles/*/config.yaml)), got $*: $@ is missing" >&2; exit 2

# After a crash, a kill or a lost connection. FORCE=1: the machine that ran the study is gone.
resume: $(READY)
	@PYTHONPATH=workflow $(BIN)/python -m spikerate.pipeline.resume $(if $(FORCE),--force) study=$(STUDY) $(CONFIG)
	@$(MAKE) --no-print-directory study

# Times this machine, under 20 s; a table, and results/$(STUDY)/plan.csv.
plan: $(READY)
	@PYTHONPATH=workflow $(BIN)/python -m spikerate.pipeline.plan --cores "$(CORES)" --by "$(BY)" \
		study=$(STUDY) $(CONFIG)

# Snakemake's own report of a finished study: its jobs, their times and the code of each rule.
report: $(READY)
	@$(BIN)/snakemake --quiet all --cores 1 --config study=$(STUDY) $(CONFIG) \
		--report results/$(STUDY)/workflow.html

# What is stale; accept: take the results as they are; verify: recompute a few, or ALL=1, and compare.
status accept verify: $(READY)
	@PYTHONPATH=workflow $(BIN)/python -m spikerate.pipeline.status $@ $(if $(ALL),--all) study=$(STUDY) $(CONFIG)

test: $(READY) $(BRIAN2)
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

# On a SLURM of its own, on this machine; Debian: apt-get install slurm-wlm munge.
test-cluster: $(READY)
	@$(BIN)/python -m pytest tests/cluster

# Speed, side by side, under ten minutes; leave the machine alone meanwhile.
benchmark: $(READY) $(BRIAN2) $(RESERVOIRPY)
	@$(BIN)/python benchmarks/speed.py

lint: $(READY)
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)
	@$(BIN)/snakefmt --check $(RULES)
	@$(BIN)/snakemake --lint

format: $(READY)
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)
	@$(BIN)/snakefmt $(RULES)

# What the study STUDY made; .venv stays.
clean:
	@case "$(STUDY)" in ""|*[!a-zA-Z0-9_-]*) echo "make: STUDY must be one word" >&2; exit 2;; esac
	@rm -rf "results/$(STUDY)" "logs/$(STUDY)"

# Needs uv. The lock names no index: packages come from whatever pip is set to.
lock:
	@$(COMPILE) --fork-strategy fewest envs/requirements.in --output-file envs/requirements.lock
	@$(COMPILE) envs/brian2.in --output-file envs/brian2.lock
	@$(COMPILE) envs/reservoirpy.in --output-file envs/reservoirpy.lock

$(READY): envs/requirements.lock
$(BRIAN2): envs/brian2.lock
$(RESERVOIRPY): envs/reservoirpy.lock

# An environment from its lock, the first prerequisite.
$(READY) $(BRIAN2) $(RESERVOIRPY):
	@command -v git >/dev/null || \
		{ echo "make: git is missing; install it (Debian, Ubuntu: apt-get install git)" >&2; exit 1; }
	@for python in $(PYTHON); do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
			&& found="$$python" && break; \
	done; \
	test -n "$$found" || { echo "make: Python 3.11 or newer is missing; install one, or name it:" \
		"make PYTHON=/path/to/python3" >&2; exit 1; }; \
	"$$found" -c 'import ensurepip, venv' 2>/dev/null || { echo "make: $$found lacks the module" \
		"venv; install it (Debian, Ubuntu: apt-get install python3-venv)" >&2; exit 1; }; \
	echo "Setting up $(@D) with $$("$$found" --version), once; a minute or two" && \
	rm -rf $(@D) && "$$found" -m venv $(@D) && \
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement $< && \
	touch $@
