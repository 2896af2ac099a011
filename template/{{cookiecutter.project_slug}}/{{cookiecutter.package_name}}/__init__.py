"""The project's code: configuration, data, models, losses, metrics and what a run writes down."""
