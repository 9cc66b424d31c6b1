"""The revisions. Each is frozen in time and imports nothing of ours."""
