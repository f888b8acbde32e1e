"""The two kinds of network, in the order in which they are shown."""

KINDS = ("spiking", "rate")
OTHER = dict(zip(KINDS, reversed(KINDS), strict=True))  # the twin of each
