"""The shell blocks that no test runs, by their page and first command: each with the reason why not."""

from __future__ import annotations

from collections.abc import Mapping

_DRILLED = "needs a MariaDB; tests/integration/test_restore_drill.py runs it"
_DOCKER = "needs a Docker engine"
_ROOT = "changes the machine, as root"
_INSTALLS = "installs torch for minutes; `make image-check` does the same, and `make test` its part for the API"

MANUAL: Mapping[str, Mapping[str, str]] = {
    "README.md": {
        "make setup web": "installs what the tests run in, and stays in the foreground: the blocks behind run on one",
    },
    "docs/backup.md": {
        'mariadb-dump --defaults-extra-file=backup.cnf --single-transaction --quick --no-tablespaces "$DATABASE" > '
        "agridrone.sql": _DRILLED,
        'mariadb --defaults-extra-file=restore.cnf --execute "CREATE DATABASE $DATABASE CHARACTER SET '
        'utf8mb4"': _DRILLED,
        'aws s3 sync "s3://$S3_BUCKET/teams" "s3://$BACKUP_BUCKET/teams"': "needs two buckets of AWS",
    },
    "docs/detection.md": {
        'agridrone detect DJI_0001.JPG --project "North block" --out found --model workspace-project/6': "needs a "
        "Roboflow workspace and its key; tests/e2e/test_detect_command.py does it with a stand-in",
    },
    "docs/install.md": {
        "cp ops/compose.env.example ops/.env && chmod 600 ops/.env": _DOCKER,
        "docker compose -f ops/compose.yaml -f ops/compose.sam3.yaml up --detach --build": _DOCKER,
        'docker build --target api --build-arg REVISION="$(git rev-parse HEAD)" --tag agridrone-api .': _DOCKER,
        "git pull && docker compose -f ops/compose.yaml up --detach --build": _DOCKER,
        "make web && ops/image/build.sh wheel /tmp/agridrone": _INSTALLS,
        "make web": _INSTALLS,
        "sudo useradd --system --home-dir /var/lib/agridrone --shell /usr/sbin/nologin agridrone": _ROOT,
        "sudo systemctl daemon-reload": _ROOT,
        "git pull && make web && ops/image/build.sh wheel /tmp/agridrone": _ROOT,
    },
    "docs/logs.md": {
        "journalctl -o cat -u 'agridrone-*' | jq -c 'select(.request_id == "
        """"8b6f0c1d9e4a4f0f9d3a5f6e2c7b1a90")'""": "needs the journal of systemd",
    },
    "docs/shadow.md": {
        'agridrone shadow /srv/exports/north-block --project "North block"': "needs the export of an old pipeline; the "
        "block behind it compares a version with its own",
    },
}
