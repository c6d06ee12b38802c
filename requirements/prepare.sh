# Sourced by ./run and ./test with $here set: makes .venv fit a lock file.
venv="$here/.venv"

say() { printf '%s\n' "$*" >&2; }

find_python() {
    for name in "${BARAZA_PYTHON:-}" python3.13 python3.12 python3.11 python3.14 python3 python; do
        [ -n "$name" ] || continue
        command -v "$name" >/dev/null 2>&1 || continue
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s\n' "$name"
            return 0
        fi
    done
    return 1
}

how_to_get_python() {
    say "Baraza needs Python 3.11 or newer, and none was found."
    case $(uname -s) in
    Darwin) say "Install it with Homebrew:  brew install python@3.13" ;;
    *) say "On Debian and Ubuntu:  sudo apt-get install python3 python3-venv" ;;
    esac
    say "Or name one yourself:  BARAZA_PYTHON=/path/to/python3 $0"
}

fingerprint() {
    "$venv/bin/python" -c 'import hashlib, sys
print(sys.version_info[:2], hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"
}

# prepare NAME: the environment holds what requirements/NAME.txt locks.
prepare() {
    lock="$here/requirements/$1.txt"
    if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
        python=$(find_python) || { how_to_get_python; exit 1; }
        if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
            version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
            say "Python $version is here, but the part that makes environments is not."
            say "On Debian and Ubuntu:  sudo apt-get install python$version-venv"
            exit 1
        fi
        say "Making .venv with $("$python" --version)…"
        rm -rf "$venv"
        "$python" -m venv "$venv"
    fi
    stamp="$venv/.prepared-$1"
    wanted=$(fingerprint "$lock")
    if [ "$(cat "$stamp" 2>/dev/null || true)" != "$wanted" ]; then
        say "Installing what requirements/$1.txt locks; the first time this takes a minute or two…"
        if ! "$venv/bin/python" -m pip install --disable-pip-version-check --quiet --require-hashes -r "$lock"; then
            say "That did not work. Check the network connection, then run $0 again; nothing else was changed."
            exit 1
        fi
        "$venv/bin/python" - "$here" <<'PYTHON'
import sys, sysconfig
from pathlib import Path

Path(sysconfig.get_path("purelib"), "baraza.pth").write_text(sys.argv[1] + "\n", encoding="utf-8")
PYTHON
        printf '%s\n' "$wanted" >"$stamp"
    fi
}
