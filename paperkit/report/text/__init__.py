"""The paper's text as far as it follows from configurations, modules and runs: drafts, no results."""
