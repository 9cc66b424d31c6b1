"""The history of the tables, by Alembic: dated revisions in one line, applied by db.migrate."""
