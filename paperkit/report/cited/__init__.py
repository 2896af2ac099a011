"""The bibliography: what is borrowed, and BibTeX that strangers wrote."""
