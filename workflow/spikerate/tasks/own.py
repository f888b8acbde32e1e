"""Tasks of your own: add a function here, as in docs/tutorial.md, and its settings to the config.

A function that reads a file must name it in its decorator, `@task(files=[PATH])`, so that a change
of the file is noticed.
"""

import numpy as np  # noqa: F401

from spikerate.tasks.registry import periodic, task  # noqa: F401
