"""What Prometheus reads of a process: docs/metrics.md has every name."""
