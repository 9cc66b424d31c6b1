"""The process that trains and evaluates, and nothing else: `python -m workers.child SPEC.json REPORT_FD`."""
