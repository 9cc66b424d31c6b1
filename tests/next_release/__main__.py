"""The command `agridrone` of the next release."""

from __future__ import annotations

from next_release import take_over

if __name__ == "__main__":
    take_over()
    from cli.app import run

    run()
