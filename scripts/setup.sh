# Sourced by the other scripts, from the root of the project: `prepare run` or `prepare dev` puts into .venv
# what the lock names, and builds the web page. What is in place already costs nothing.

fail() {
    printf '%s\n' "starpod: $*" >&2
    exit 1
}

find_python() {
    for name in python3.11 python3.12 python3.13 python3 python; do
        if "$name" -c 'if 1:
            import importlib.util, sys
            installer = importlib.util.find_spec("ensurepip") or importlib.util.find_spec("pip")
            sys.exit(sys.version_info < (3, 11) or installer is None)' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

# Debian keeps ensurepip apart from Python: there the pip outside installs into an environment without one.
make_environment() {
    [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null && return
    python=$(find_python) || fail "Python 3.11 or newer with pip is needed and was not found."
    printf '%s\n' "starpod: making .venv with $python" >&2
    "$python" -m venv --clear .venv >/dev/null 2>&1 || "$python" -m venv --clear --without-pip .venv
}

install() {
    if .venv/bin/python -c 'import pip' 2>/dev/null; then
        set -- .venv/bin/python -m pip install "$@"
    else
        set -- "$(find_python)" -m pip --python .venv/bin/python install "$@"
    fi
    PIP_DISABLE_PIP_VERSION_CHECK=1 "$@" --quiet --quiet
}

# The stamp names everything an installation depends on, the folder included: an environment does not move.
stamp() {
    { pwd && cat pyproject.toml requirements*.lock; } | cksum
}

install_locked() {
    case $1 in run) lock=requirements.lock ;; dev) lock=requirements-dev.lock ;; esac
    [ -x .venv/bin/python ] && [ "$(cat ".venv/installed-$1" 2>/dev/null)" = "$(stamp)" ] && return
    make_environment
    printf '%s\n' "starpod: installing $lock" >&2
    rm -f .venv/installed-*
    install --require-hashes --requirement "$lock"
    install --no-deps --no-build-isolation --editable .
    .venv/bin/python -m compileall -q bus actors starpod
    [ "$1" = run ] || stamp >.venv/installed-run
    stamp >".venv/installed-$1"
}

# Exit status 3: it needs npm and found none. That comes as a Python package too.
build_web_page() {
    status=0
    .venv/bin/python scripts/web.py build "$1" || status=$?
    [ $status -eq 3 ] || return $status
    install --require-hashes --requirement requirements-web.lock && .venv/bin/python scripts/web.py build "$1"
}

prepare() {
    install_locked "$1"
    build_web_page "$1" && return
    [ "$1" = run ] || fail "the web page could not be built; the reason stands above."
    printf '%s\n' "starpod: going on without a new web page; the reason stands above." >&2
}
