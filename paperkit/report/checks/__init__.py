"""What holds paper and runs together: check, trace, freeze and the text that the author wrote."""
