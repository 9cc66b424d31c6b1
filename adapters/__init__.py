"""The outside systems: settings, object store, queue, doorbell, sign-in."""
