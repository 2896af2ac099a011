"""`paperkit modules`: the catalogue, and modules of one's own. One verb per file."""

HELP = "List, show and check modules; write, import or compare your own."
VERBS = ("list_", "show", "check", "new", "import_", "diff")  # without their underscore
