"""The GraphQL types: no SQL, no rules."""
