"""What must hold of the database, the object store and Redis together, looked at without changing anything."""
