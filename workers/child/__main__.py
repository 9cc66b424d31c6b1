"""Entry of the child process."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from workers.child.environment import contain_ultralytics, prepare_config
from workers.child.failure import CannotRun, sentence
from workers.child.protocol import TrainSpec, spec_from_json
from workers.child.reporter import Reporter, leave_with_parent
from workers.weights import WeightsCorrupt


def main(spec_path: Path, report_descriptor: int) -> int:
    """Run the spec in its folder; the outcome is the last report. Returns the exit status."""
    leave_with_parent(sys.stdin.fileno())
    reporter = Reporter(report_descriptor)
    try:
        spec = spec_from_json(spec_path.read_text(encoding="utf-8"))
        prepare_config(Path(os.environ["YOLO_CONFIG_DIR"]))
        contain_ultralytics(spec_path.parent, spec.threads)
        if isinstance(spec, TrainSpec):
            from workers.child.train import train

            result = train(spec, spec_path.parent, reporter)
        else:
            from workers.child.evaluate import evaluate

            result = evaluate(spec, spec_path.parent)
    except (CannotRun, WeightsCorrupt) as error:
        reporter.send("failed", message=str(error))
        return 1
    except Exception as error:
        traceback.print_exc()
        reporter.send("failed", message=sentence(error))
        return 1
    reporter.send("done", **result)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])))
