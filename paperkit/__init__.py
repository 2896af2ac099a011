"""paperkit: describe an experiment once; runs, tables, plots, diagrams and numbers follow."""

__all__ = ["__version__"]

__version__ = "0.1.0"
