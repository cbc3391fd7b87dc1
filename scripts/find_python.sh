#!/bin/sh
# Prints the interpreter that .venv is made from: $1 when given, else the newest of
# python3.14 … python3.11 that runs and can make a virtual environment. Says what to install
# when there is none. Prints the base interpreter even from inside an activated environment.
set -u

report='
import sys
if sys.version_info < (3, 11):
    print("old %d.%d" % sys.version_info[:2])
else:
    try:
        import ensurepip, venv
        print("ok", getattr(sys, "_base_executable", None) or sys.executable)
    except ImportError:
        print("bare %d.%d" % sys.version_info[:2])
'

# A name on PATH may be a version manager's shim that cannot run, so every candidate is run.
ask() { "$1" -I -c "$report" 2>/dev/null; }

install_command() {
    # $1: the version that lacks only its venv module, or empty when no Python was found.
    if [ "$(uname -s 2>/dev/null)" = Darwin ]; then
        echo "brew install python@3.13"
        return
    fi
    as_root=''
    [ "$(id -u 2>/dev/null)" = 0 ] || as_root='sudo '
    if command -v apt-get >/dev/null 2>&1; then
        echo "${as_root}apt-get update && ${as_root}apt-get install $(apt_package "$1")"
    elif command -v dnf >/dev/null 2>&1; then
        echo "${as_root}dnf install python3.12"
    elif command -v zypper >/dev/null 2>&1; then
        echo "${as_root}zypper install python312"
    elif command -v pacman >/dev/null 2>&1; then
        echo "${as_root}pacman -S python"
    elif command -v apk >/dev/null 2>&1; then
        echo "${as_root}apk add python3"
    else
        echo "your system's package for Python 3.11 or newer"
    fi
}

apt_package() {
    # python3.N-venv brings python3.N with it, also where the system's own python3 is older.
    for version in $1 3.14 3.13 3.12 3.11; do
        if apt-cache show "python$version-venv" >/dev/null 2>&1; then
            echo "python$version-venv"
            return
        fi
    done
    echo "python3 python3-venv"
}

wanted=${1:-}
bare=''
if [ -n "$wanted" ]; then
    set -- "$wanted"
else
    set -- python3.14 python3.13 python3.12 python3.11 python3 python
fi
for candidate in "$@"; do
    answer=$(ask "$candidate") || answer=''
    case $answer in
        'ok '*) echo "${answer#ok }"; exit 0 ;;
        'bare '*) bare=${bare:-${answer#bare }} ;;
    esac
done

if [ -n "$bare" ]; then
    echo "Python $bare is here, but its venv module is missing. Install it with:" >&2
elif [ -n "$wanted" ]; then
    echo "PYTHON=$wanted is not a Python 3.11 or newer that runs. Name another, or install one with:" >&2
else
    echo "Python 3.11 or newer is missing (tried python3.14 … python3.11, python3, python). Install it with:" >&2
fi
echo "    $(install_command "$bare")" >&2
exit 1
