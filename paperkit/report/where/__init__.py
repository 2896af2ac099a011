"""Where ours helps and where it fails: facts about cases, classes and sizes, as table and text."""
