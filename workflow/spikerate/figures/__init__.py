"""The figures: what each is and needs (a file a figure, `registry` lists them), and its drawing.

Only `drawing` imports matplotlib: whoever lists the figures need not wait for it.
"""
