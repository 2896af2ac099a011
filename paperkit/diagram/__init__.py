"""Architecture diagrams from the real model: nn.Module, graph, layout, TikZ or matplotlib.

    trace    what the model does, recorded in the project's own Python
    calls    the record with types          stages    cut into what a figure names
    build    the graph: boxes and arrows    describe  words for them
    shape    U or chain                     rows, u_layout, chain_layout   positions
    compose  fitted to the page             canvas, tikz                   files

Nothing is declared by hand, so the figure cannot disagree with the code.
"""

from paperkit.diagram.draw import draw

__all__ = ["draw"]
