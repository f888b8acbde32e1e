# `make` runs the laptop study, and `make test` runs all tests. Both first install what they need.
#
#   make STUDY=tiny            run another study
#   make CONFIG="seed=2"       change values, as with snakemake --config
#   make CONFIGFILE=own.yaml   change values by a file; every command takes both
#   make ARGS="--dry-run"      pass more arguments to Snakemake
#   make PROFILE=slurm         run on a cluster, with the flags in profiles/slurm
#   make resume                continue after an interruption
#   make plan CORES=64         estimate what a run will take (ALL=1: of the whole study; BY=figure)
#   make status                list what is stale and why, and what a run would cost
#   make PYTHON=/path/python3  choose the Python for .venv

STUDY ?= laptop
PROFILE ?= default
CORES ?= all
BY ?= stage
CONFIG ?=
CONFIGFILE ?=
ARGS ?=
PYTHON ?= python3 python3.13 python3.12 python3.11

# Each environment holds a copy of the lock file that it was made from.
VENV := .venv
READY := $(VENV)/requirements.lock
BRIAN2 := $(VENV)-brian2/brian2.lock
RESERVOIRPY := $(VENV)-reservoirpy/reservoirpy.lock
RUN := $(VENV)/bin/python -m
CODE := workflow tests benchmarks docs
RULES := Snakefile workflow/rules
# The study and the changes to its config, as every command takes them.
ASKED = $(addprefix --configfile ,$(CONFIGFILE)) study=$(STUDY) $(CONFIG)
COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --quiet

# Every command uses the packages of .venv, so no variable of the shell may name others.
unexport $(filter-out PYTHON,$(filter PYTHON%,$(.VARIABLES)))
export PYTHONUTF8 := 1

# If the home folder cannot be written to, caches are in the checkout or in a temporary folder.
HOLDS := $(shell cache="$${XDG_CACHE_HOME:-$${HOME:+$$HOME/.cache}}"; \
	test -n "$$cache" && mkdir -p "$$cache" 2>/dev/null && test -w "$$cache" && echo yes)
ifneq ($(HOLDS),yes)
export XDG_CACHE_HOME := $(shell test -w . && echo "$(CURDIR)/.snakemake/cache" || mktemp -d)
export MPLCONFIGDIR := $(XDG_CACHE_HOME)/matplotlib
endif

.DEFAULT_GOAL := study
.DELETE_ON_ERROR:
.PHONY: study resume plan report status accept verify test test-quick test-cluster benchmark lint format \
	clean lock

study: profiles/$(PROFILE)/config.yaml $(READY)
	@$(RUN) spikerate.pipeline.run --profile "$(PROFILE)" --cores "$(CORES)" $(ASKED) -- $(ARGS)
	@$(if $(ARGS),,$(MAKE) --no-print-directory report)
	@$(RUN) spikerate.study.claims_table results/$(STUDY)

profiles/%/config.yaml:
	@echo "make: PROFILE must be one of $(patsubst profiles/%/config.yaml,%,$(wildcard \
		profiles/*/config.yaml)), got $*: $@ is missing" >&2; exit 2

# Continue after a crash, a kill or a lost connection. FORCE=1: even if another machine ran it.
resume: $(READY)
	@$(RUN) spikerate.pipeline.resume $(if $(FORCE),--force) $(ASKED)
	@$(MAKE) --no-print-directory study

# Time this machine, in under 20 s, then print a table and write results/$(STUDY)/plan.csv.
plan: $(READY)
	@$(RUN) spikerate.pipeline.plan --cores "$(CORES)" --by "$(BY)" $(if $(ALL),--all) $(ASKED)

# Make Snakemake's own report of a finished study: its jobs, their times, the code of each rule.
report: $(READY)
	@$(RUN) snakemake --quiet all --cores 1 $(if $(CONFIGFILE),--configfile $(CONFIGFILE)) \
		--config study=$(STUDY) $(CONFIG) --report results/$(STUDY)/workflow.html

# status: list what is stale; accept: keep the results as they are; verify: recompute a few results
# (ALL=1: all of them) and compare.
status accept verify: $(READY)
	@$(RUN) spikerate.pipeline.$@ $(if $(ALL),$(if $(filter verify,$@),--all)) $(ASKED)

test: $(READY) $(BRIAN2)
	@$(RUN) pytest --numprocesses 2 --dist loadfile

# Run the tests that run no study and set up no environment.
test-quick: $(READY)
	@$(RUN) pytest --numprocesses 2 --dist worksteal -m "not slow"

# Start a SLURM on this machine and test on it; Debian: apt-get install slurm-wlm munge.
test-cluster: $(READY)
	@$(RUN) pytest tests/cluster

# Measure speed, in under ten minutes; leave the machine idle meanwhile.
benchmark: $(READY) $(BRIAN2) $(RESERVOIRPY)
	@$(VENV)/bin/python benchmarks/speed.py

lint: $(READY)
	@$(RUN) ruff check $(CODE)
	@$(RUN) ruff format --check $(CODE)
	@$(RUN) snakefmt --check $(RULES)
	@$(RUN) snakemake --lint
	@$(VENV)/bin/python $(VENV)/bin/lint-imports --no-cache
	@$(RUN) mypy

format: $(READY)
	@$(RUN) ruff check --fix $(CODE)
	@$(RUN) ruff format $(CODE)
	@$(RUN) snakefmt $(RULES)

# Remove the results and logs of STUDY; .venv stays.
clean:
	@case "$(STUDY)" in ""|*[!a-zA-Z0-9_-]*) echo "make: STUDY must be one word" >&2; exit 2;; esac
	@rm -rf "results/$(STUDY)" "logs/$(STUDY)"

# Write the lock files; needs uv. They name no index: pip uses the one that it is set to.
lock:
	@$(COMPILE) --fork-strategy fewest envs/requirements.in --output-file envs/requirements.lock
	@$(COMPILE) envs/brian2.in --output-file envs/brian2.lock
	@$(COMPILE) envs/reservoirpy.in --output-file envs/reservoirpy.lock

# An environment is remade when its lock file differs, not when it is older, so a copied folder keeps
# its environment. $(1) is the lock file in the environment, which also needs a Python that works.
outdated = $(if $(shell cmp -s envs/$(notdir $(1)) $(1) && test -x $(dir $(1))bin/python && \
	echo no),,outdated)
$(READY): $(call outdated,$(READY))
$(BRIAN2): $(call outdated,$(BRIAN2))
$(RESERVOIRPY): $(call outdated,$(RESERVOIRPY))
.PHONY: outdated

# The path to the library is relative, so the environment finds it wherever both are moved.
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
