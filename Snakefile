# FORCE-trained spiking networks and their rate twins: from config.yaml to figures and claims.

import sys

from snakemake.utils import min_version

min_version("9.27")  # and below what adapter.py says

CLONE = str(workflow.current_basedir)
LIBRARY = f"{CLONE}/workflow"
IMPORTED = workflow.snakefile != workflow.main_snakefile  # by `module` in another workflow
sys.path.insert(0, LIBRARY)

from spikerate.pipeline import environment

environment.check_library(LIBRARY)
if not IMPORTED:
    environment.isolate(LIBRARY)
    shell.prefix(environment.shell_prefix(LIBRARY))

from spikerate.data import files
from spikerate.learning import prepare
from spikerate.pipeline import adapter
from spikerate.pipeline import damage
from spikerate.pipeline import progress
from spikerate.pipeline import runs
from spikerate.study import written
from spikerate.study.config import combined, config_files, known, plain_errors

adapter.check_version()
given = workflow.config_settings
# from `config:` of the importing workflow, or from the command line
changes = config or known(given.overwrite_config)
with plain_errors():
    default, study = config_files(changes)
    layers = written.layers([default, study])
    if IMPORTED:
        config = combined(changes)
        layers += [written.Layer("the config of the module", changes)] * bool(changes)
    elif workflow.is_main_process:
        written.check_options(sys.argv)
        layers = written.layers([default, study], given.configfiles, given.config_args)

if not IMPORTED:

    # The default study, overridden by the chosen study, and both by --configfile and --config.
    configfile: default
    configfile: study


include: "workflow/rules/common.smk"


# Snakemake does not call this where another workflow imports this one.
onstart:
    environment.quote_python()
    files.check(RESULTS, LOGS)
    runs.begin(config["study"], adapter.requested(workflow))
    # once here, and not in every job
    prepare.compile_kernels(config["engine"], config["neuron"], config["learning"]["rule"])
    progress.follow(workflow, COSTS)


rule all:
    input:
        collect(
            f"{RESULTS}/figures/fig{{number}}.{{format}}",
            number=FIGURES,
            format=["png", "pdf"],
        ),
        collect(f"{RESULTS}/figures/ode_to_joy_{{voice}}.wav", voice=VOICES),
        f"{RESULTS}/claims.csv",
        f"{RESULTS}/report.html",


# The stages, in the order of the data.
include: "workflow/rules/tasks.smk"
include: "workflow/rules/simulate.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/transfer.smk"
include: "workflow/rules/trials.smk"
include: "workflow/rules/spectra.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/claims.smk"
include: "workflow/rules/report.smk"


if workflow.is_main_process:
    for note in written.notes(config, layers):
        print(f"Note on the config: {note}.", file=sys.stderr)
else:  # the job of a cluster, which starts the one of its script
    environment.quote_python()
if adapter.will_run(workflow):
    damage.check_records(adapter.placed(workflow, RESULTS), IMPORTED)

RULES = adapter.rules_of(workflow)
scripts = [ruled for ruled in RULES.values() if ruled.script]
# Edits of code make results stale, as edits of params do: every rule carries both.
adapter.adopt(scripts, provenance)
if IMPORTED:  # the environment of other rules stays as it is
    adapter.precede(scripts, environment.shell_prefix(LIBRARY))
