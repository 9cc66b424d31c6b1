"""Reading annotation files of other tools, which are taken to be hostile until read."""
