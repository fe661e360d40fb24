"""The reference vectors of the danger layer: how they are read, what of ours they test, how far apart the two are.

Golden tests read by `reading`; `registry` lists every vector that the page of differences states.
"""
