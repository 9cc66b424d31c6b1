"""Files that nobody trusts are read here: in child processes with little memory, little time and no secrets."""
