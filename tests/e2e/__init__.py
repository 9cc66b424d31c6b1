"""The whole loop over the public API."""
