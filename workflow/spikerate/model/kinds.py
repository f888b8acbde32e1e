"""The two kinds of network, in the order in which they are shown."""

KINDS = ("spiking", "rate")
