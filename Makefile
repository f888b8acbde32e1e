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

# An environment keeps the lock that it was made from.
VENV := .venv
READY := $(VENV)/requirements.lock
BRIAN2 := $(VENV)-brian2/brian2.lock
RESERVOIRPY := $(VENV)-reservoirpy/reservoirpy.lock
RUN := $(VENV)/bin/python -m
CODE := workflow tests benchmarks docs
RULES := Snakefile workflow/rules
# Snakemake finds the default profile by itself, and reads it besides any other.
WITH := $(if $(filter-out default,$(PROFILE)),--profile profiles/$(PROFILE))
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --quiet

# One environment for every command: nothing of the shell's goes over its packages.
unexport $(filter-out PYTHON,$(filter PYTHON%,$(.VARIABLES)))
export PYTHONUTF8 := 1

.DEFAULT_GOAL := study
.DELETE_ON_ERROR:
.PHONY: study resume plan report status accept verify test test-cluster benchmark lint format \
	clean lock

study: profiles/$(PROFILE)/config.yaml $(READY)
	@$(RUN) snakemake $(WITH) --cores $(CORES) $(ARGS) --config study=$(STUDY) $(CONFIG)
	@$(if $(ARGS),,$(MAKE) --no-print-directory report)
	@$(RUN) spikerate.study.claims results/$(STUDY)

profiles/%/config.yaml:
	@echo "make: PROFILE must be one of $(patsubst profiles/%/config.yaml,%,$(wildcard \
		profiles/*/config.yaml)), got $*: $@ is missing" >&2; exit 2

# After a crash, a kill or a lost connection. FORCE=1: the machine that ran the study is gone.
resume: $(READY)
	@$(RUN) spikerate.pipeline.resume $(if $(FORCE),--force) study=$(STUDY) $(CONFIG)
	@$(MAKE) --no-print-directory study

# Times this machine, under 20 s; a table, and results/$(STUDY)/plan.csv.
plan: $(READY)
	@$(RUN) spikerate.pipeline.plan --cores "$(CORES)" --by "$(BY)" \
		study=$(STUDY) $(CONFIG)

# Snakemake's own report of a finished study: its jobs, their times and the code of each rule.
report: $(READY)
	@$(RUN) snakemake --quiet all --cores 1 --config study=$(STUDY) $(CONFIG) \
		--report results/$(STUDY)/workflow.html

# What is stale; accept: take the results as they are; verify: recompute a few, or ALL=1, and compare.
status accept verify: $(READY)
	@$(RUN) spikerate.pipeline.status $@ $(if $(ALL),--all) study=$(STUDY) $(CONFIG)

test: $(READY) $(BRIAN2)
	@$(RUN) pytest --numprocesses 2 --dist loadfile

# On a SLURM of its own, on this machine; Debian: apt-get install slurm-wlm munge.
test-cluster: $(READY)
	@$(RUN) pytest tests/cluster

# Speed, side by side, under ten minutes; leave the machine alone meanwhile.
benchmark: $(READY) $(BRIAN2) $(RESERVOIRPY)
	@$(VENV)/bin/python benchmarks/speed.py

lint: $(READY)
	@$(RUN) ruff check $(CODE)
	@$(RUN) ruff format --check $(CODE)
	@$(RUN) snakefmt --check $(RULES)
	@$(RUN) snakemake --lint

format: $(READY)
	@$(RUN) ruff check --fix $(CODE)
	@$(RUN) ruff format $(CODE)
	@$(RUN) snakefmt $(RULES)

# What the study STUDY made; .venv stays.
clean:
	@case "$(STUDY)" in ""|*[!a-zA-Z0-9_-]*) echo "make: STUDY must be one word" >&2; exit 2;; esac
	@rm -rf "results/$(STUDY)" "logs/$(STUDY)"

# Needs uv. The lock names no index: packages come from whatever pip is set to.
lock:
	@$(COMPILE) --fork-strategy fewest envs/requirements.in --output-file envs/requirements.lock
	@$(COMPILE) envs/brian2.in --output-file envs/brian2.lock
	@$(COMPILE) envs/reservoirpy.in --output-file envs/reservoirpy.lock

# Made anew where the lock is another, not where it is younger: a copy of the folder is set up already.
# $(1) is the lock in the environment; a copy on a machine without its Python is none.
outdated = $(if $(shell cmp -s envs/$(notdir $(1)) $(1) && test -x $(dir $(1))bin/python && \
	echo no),,outdated)
$(READY): $(call outdated,$(READY))
$(BRIAN2): $(call outdated,$(BRIAN2))
$(RESERVOIRPY): $(call outdated,$(RESERVOIRPY))
.PHONY: outdated

# The library lies beside the environment, wherever both are moved: its path is relative.
$(READY) $(BRIAN2) $(RESERVOIRPY):
	@command -v git >/dev/null || \
		{ echo "make: git is missing; install it (Debian, Ubuntu: apt-get install git)" >&2; exit 1; }
	@test -w . || { echo "make: the environment $(@D) is missing or outdated, and the folder" \
		"$(CURDIR) may not be written to; change that, or clone into a folder of your own" >&2; exit 1; }
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
		--requirement envs/$(@F) && \
	for packages in $(@D)/lib/python*/site-packages; do \
		echo ../../../../workflow >"$$packages/spikerate.pth" || exit; \
	done && \
	cp envs/$(@F) $@
