#!/bin/sh
# The steps of the images, each for itself; the Dockerfile calls them, and so does the test that needs no Docker:
#   build.sh pages                      the web application, into web/dist (Node 24 and npm)
#   build.sh wheel FOLDER               the Python package with those pages in it, into FOLDER
#   build.sh install TARGET ENV WHEEL   a virtual environment ENV with the wheel and its pinned packages
#   build.sh check TARGET ENV           whether what is installed there runs
# TARGET is api (without torch), worker or worker-cuda. Only what lies in this checkout is read.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-python3}

step=${1:-}
case "$step" in
  pages)
    cd "$root/web"
    # No script of a package is run: none of ours needs one.
    npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
    npm run build
    ;;
  wheel)
    test -f "$root/web/dist/index.html" || { echo "web/dist is not built: run build.sh pages first." >&2; exit 1; }
    # What an earlier build left, modules since removed among it, would go into this one.
    rm -rf "$root/build"
    rm -f "$2"/agridrone_ops-*.whl
    "$python" -m pip wheel --quiet --no-deps --wheel-dir "$2" "$root"
    ;;
  install)
    test $# -eq 4 || { echo "Name one wheel: build.sh install TARGET ENV WHEEL." >&2; exit 2; }
    target=$2 environment=$3 wheel=$4
    "$python" -m venv --without-pip "$environment"  # what serves needs no installer
    case "$target" in
      api) set -- "$wheel" ;;
      # One pin for both: which build of torch it is, for CPUs or for CUDA, is up to the index that pip asks.
      worker | worker-cuda) set -- -c "$root/constraints-cpu.txt" "${wheel}[worker]" ;;
      *) echo "There is no target $target: api, worker, worker-cuda." >&2; exit 2 ;;
    esac
    "$python" -m pip --python "$environment/bin/python" install --quiet -c "$root/constraints.txt" "$@"
    ;;
  check)
    # -P: nothing beside the script is imported, as the checkout would be from its folder.
    "$3/bin/python" -P "$root/ops/image/check.py" "$2"
    ;;
  *)
    echo "Usage: build.sh pages | wheel FOLDER | install TARGET ENV WHEEL | check TARGET ENV" >&2
    exit 2
    ;;
esac
