"""The hosts with a GPU from the command line."""
