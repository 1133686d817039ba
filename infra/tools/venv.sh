# Sourced by `lint`: makes a Python environment from a lock file, once for each content of the lock.

tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$(dirname "$tools")")

say() { printf 'infra: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# A pyenv shim exists for every installed version and fails for one that is not selected, so each candidate is run.
find_python() {
  local candidate
  for candidate in python3.11 python3.12 python3.13 python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[1-9]*/bin/python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] < (3, 11))' >/dev/null 2>&1; then
      command -v "$candidate"
      return
    fi
  done
  die "Python 3.11 or newer with its venv module is needed: install python3 and python3-venv"
}

# tool_env NAME: makes the environment of NAME.lock in target/infra/NAME and prints its bin folder. Progress goes to stderr.
tool_env() {
  local name=$1 lock=$tools/$1.lock env=$root/target/infra/$1 stamp
  stamp=$( (printf "%s\n" "$env"; cat "$lock") | sha256sum | cut -d' ' -f1)
  mkdir -p "$root/target/infra"
  (
    flock 9 # two callers at once must not build into one folder
    [ "$(cat "$env/stamp" 2>/dev/null)" = "$stamp" ] && exit 0
    say "making the Python environment in $env (once; a minute or two)"
    rm -rf "$env"
    "$(find_python)" -m venv "$env" &&
      "$env/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" >&2 &&
      printf '%s\n' "$stamp" >"$env/stamp"
  ) 9>"$env.lock" || die "the Python environment in $env could not be made"
  printf '%s\n' "$env/bin"
}
