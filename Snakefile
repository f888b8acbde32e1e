# FORCE-trained spiking networks and their rate twins: from config.yaml to figures and claims.

import sys

from snakemake.utils import min_version

min_version("9.27")  # and below what adapter.py says
sys.path.insert(0, f"{workflow.basedir}/workflow")  # the library

from spikerate.pipeline import environment

environment.isolate(sys.path[0])
shell.prefix(environment.shell_prefix(sys.path[0]))

from spikerate.data import files
from spikerate.learning import prepare
from spikerate.pipeline import adapter
from spikerate.pipeline import damage
from spikerate.pipeline import progress
from spikerate.pipeline import runs
from spikerate.study import written
from spikerate.study.config import config_files, plain_errors

adapter.check_version()
with plain_errors():
    default, study = config_files(config)
    if workflow.is_main_process:
        given = workflow.config_settings
        written.check_options(sys.argv)
        layers = written.layers([default, study], given.configfiles, given.config_args)


# The default study, overridden by the chosen study, and both by --configfile and --config.
configfile: default
configfile: study


include: "workflow/rules/common.smk"


onstart:
    environment.quote_python()
    files.check(RESULTS, LOGS)
    runs.begin(config["study"], adapter.asked(workflow))
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
if adapter.runs(workflow):
    damage.check_records(RESULTS)

# Edits of code make results stale, as edits of params do: every rule carries both.
adapter.adopt(filter(lambda ruled: ruled.script, workflow.rules), provenance)
