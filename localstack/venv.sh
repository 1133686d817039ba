# Sourced by `waxseal-localstack` and `test`: finds Python 3.13 and makes the environment in target/localstack/venv.
# Sets `venv` (folder) and `home` (target/localstack). Progress goes to stderr: stdout belongs to the command.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=${WAXSEAL_LOCALSTACK_HOME:-$(dirname "$here")/target/localstack}
venv=$home/venv

say() { printf 'localstack: %s\n' "$*" >&2; }

# A pyenv shim exists for every installed version and fails for one that is not selected, so each candidate is run.
find_python() {
  local candidate
  for candidate in python3.13 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python3.13; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 13))' >/dev/null 2>&1; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  say "Python 3.13 is needed, and neither the PATH nor pyenv has it: install it, for example with 'pyenv install 3.13'"
  return 1
}

# A hash of the sources of an installed lock. The folder is part of it, since the package is installed
# by its path. (Of pyproject.toml it has the package's part, without the settings of tools.)
stamp_of() { (cd "$here" && { pwd; sed '/^\[tool\./,$d' pyproject.toml; cat "$1"; } | sha256sum | cut -d' ' -f1); }
has() { [ "$(cat "$venv/$1.stamp" 2>/dev/null)" = "$(stamp_of "$1")" ]; }

install() {
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@" >&2
}

# make_venv LOCK...: installs exactly what the locks say, and this package from its source folder. The first lock is
# the base: when it changed, the environment is made again from nothing. A later one only adds, so that tests and
# `start` do not undo each other's work.
make_venv() {
  local lock missing=
  for lock in "$@"; do has "$lock" || missing=1; done
  [ -n "$missing" ] || return 0
  local python started=$SECONDS
  python=$(find_python) || return 1
  mkdir -p "$home"
  (
    flock 9 # two callers at once must not build into one folder
    if ! has "$1"; then
      say "making the Python environment in $venv (once; one to three minutes)"
      rm -rf "$venv"
      "$python" -m venv "$venv"
    fi
    for lock in "$@"; do
      has "$lock" && continue
      say "installing $(grep -c '==' "$here/$lock") packages from $lock"
      install --require-hashes -r "$here/$lock"
      install --no-deps --no-build-isolation --editable "$here"
      stamp_of "$lock" >"$venv/$lock.stamp"
    done
    say "environment ready after $((SECONDS - started)) s"
  ) 9>"$home/venv.lock"
}
