"""The figures: a file describes each and its inputs, `registry` lists them, `drawing` draws them.

Only `drawing` imports matplotlib, so listing the figures is fast.
"""
