"""Tasks: what a network is trained on and tested on.

The modules below register their tasks when they are imported. This is done here, so that the
registry is complete for everyone who imports it.
"""

from spikerate.tasks import waves, ode_to_joy, pitchfork, lorenz, own  # noqa: F401, I001
