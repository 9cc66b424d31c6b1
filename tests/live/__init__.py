"""A real `agridrone up` for tests to act on, and what a client does with it."""
