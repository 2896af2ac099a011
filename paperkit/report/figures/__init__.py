"""The figures of the report, and when each is drawn again."""
