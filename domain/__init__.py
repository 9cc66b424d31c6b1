"""The rules of dataset versions, training and detection. Standard library and numpy only; no I/O."""
