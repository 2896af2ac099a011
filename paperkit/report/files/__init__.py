"""A table as LaTeX, CSV, Markdown, Word and Excel, fitted to its page."""
