"""Entry of the child process."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from workers.child.environment import contain_ultralytics, prepare_config
from workers.child.failure import CannotRun, diagnosed
from workers.child.protocol import SPEC_NAME, EvaluateSpec, Failure, TrainSpec, spec_from_json
from workers.child.reporter import Reporter, leave_with_parent
from workers.weights import WeightsCorrupt


def main(folder: Path) -> int:
    """Run the spec in its folder; the outcome is the last report. Returns the exit status."""
    leave_with_parent(sys.stdin.fileno())
    reporter = Reporter(folder)
    try:
        spec = spec_from_json((folder / SPEC_NAME).read_text(encoding="utf-8"))
        prepare_config(Path(os.environ["YOLO_CONFIG_DIR"]))
        contain_ultralytics(folder, spec.threads)
        if isinstance(spec, TrainSpec):
            from workers.child.train import train

            result = train(spec, folder, reporter)
        elif isinstance(spec, EvaluateSpec):
            from workers.child.evaluate import evaluate

            result = evaluate(spec, folder)
        else:
            from workers.child.inspect import inspect

            result = inspect(spec, folder)
    except (CannotRun, WeightsCorrupt) as error:
        reporter.send("failed", reason=Failure.REFUSED, message=str(error))
        return 1
    except Exception as error:
        traceback.print_exc()
        reason, message = diagnosed(error)
        reporter.send("failed", reason=reason, message=message)
        return 1
    reporter.send("done", **result)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
