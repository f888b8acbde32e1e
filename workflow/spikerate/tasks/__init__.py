"""Tasks: what a network is trained on and tested on.

Each module below registers tasks when it is imported; that happens here, so that whoever imports
the registry finds them all.
"""

from spikerate.tasks import waves, ode_to_joy, pitchfork, lorenz, own  # noqa: F401, I001
