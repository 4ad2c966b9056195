# Sourced by the scripts beside it. `ensure_venv EXTRA` makes .venv at the project's root, once: the project itself,
# editable, and the dependencies of EXTRA: "dev" or "bench", which have those of "formats", "pictures" and "remote" among
# them, or "" for these alone. Versions and hashes are those of bin/locks; QAAD_UNLOCKED=1 goes by the versions of bin/constraints.txt alone,
# for an index that has other files. `ensure_venv lowest` makes .venv-lowest instead, of the lowest versions, with the lowest Python.
#
# It is done when .venv/qaad-installed (or .venv/qaad-installed-dev, …) holds what it was made from: that file is written
# last, so an interrupted set-up starts again, and a changed pyproject.toml or bin/constraints.txt leads to another one.
# Checking that starts no process. Everything that is said goes to stderr.

say() { printf 'qaad: %s\n' "$*" >&2; }

fail() { # message, hint
    printf 'qaad: error: %s\n' "$1" >&2
    if [[ -n ${2:-} ]]; then printf 'hint: %s\n' "$2" >&2; fi
    exit 1
}

# What an installation depends on, in $recipe: where it is, and the two files that describe it.
read_recipe() {
    local project='' pins=''
    IFS= read -r -d '' project <"$root/pyproject.toml" || true
    IFS= read -r -d '' pins <"$root/bin/constraints.txt" || true
    recipe="$root"$'\n'"$project$pins"
}

is_installed() { # extra
    local made_from='' marker="$venv/qaad-installed${1:+-$1}"
    [[ -x $venv/bin/python && -r $marker ]] || return 1
    IFS= read -r -d '' made_from <"$marker" || true
    [[ $made_from == "$recipe" ]]
}

find_python() { # sets $python
    local candidate wanted='>= (3, 11)' what='Python 3.11 or later'
    if [[ $venv == *-lowest ]]; then wanted='== (3, 11)' what='Python 3.11'; fi # the lowest versions have no files for later ones
    for candidate in ${QAAD_PYTHON:+"$QAAD_PYTHON"} python3 python3.13 python3.12 python3.11 python3.14 python; do
        if "$candidate" -c "import sys; sys.exit(not sys.version_info[:2] $wanted)" >/dev/null 2>&1; then
            python=$candidate
            return
        fi
        if [[ $candidate == "${QAAD_PYTHON:-}" ]]; then
            fail "QAAD_PYTHON is $candidate, and that is no $what"
        fi
    done
    local found
    found=$(python3 --version 2>&1) || found='no python3'
    fail "$what is needed, and only this was found: $found" \
        'install Python (https://www.python.org/downloads/), or name one: QAAD_PYTHON=/path/to/python3'
}

# One set-up at a time. The lock goes when this process ends, however it ends.
lock() {
    if command -v flock >/dev/null; then
        exec 9>"$root/.venv.lock"
        flock -n 9 || { say 'another set-up is running; waiting for it'; flock 9; }
        return
    fi
    local folder="$root/.venv.lock.d" waiting='' holder
    until mkdir "$folder" 2>/dev/null; do
        [[ -w $root ]] || fail "cannot write to $root"
        [[ -n $waiting ]] || say 'another set-up is running; waiting for it'
        waiting=yes
        sleep 1
        holder=$(cat "$folder/pid" 2>/dev/null) || continue
        kill -0 "$holder" 2>/dev/null || rm -rf "$folder"
    done
    echo $$ >"$folder/pid"
    trap 'rm -rf "$root/.venv.lock.d"' EXIT
}

unlock() {
    if command -v flock >/dev/null; then
        exec 9>&-
    else
        rm -rf "$root/.venv.lock.d"
        trap - EXIT
    fi
}

make_venv() {
    find_python
    say "setting up $venv with $("$python" --version) (once)"
    rm -rf "$venv"
    mkdir "$venv"
    echo 'This set-up has not ended. It is made anew if it was interrupted.' >"$venv/unfinished"
    "$python" -m venv "$venv" >"$venv/setup.log" 2>&1 || {
        tail -n 3 "$venv/setup.log" >&2
        rm -rf "$venv"
        fail "$python cannot make virtual environments" 'on Debian and Ubuntu: apt install python3-venv'
    }
}

install() { # what pip installs
    local quiet=()
    [[ -t 2 ]] || quiet=(--quiet --progress-bar off)
    "$venv/bin/python" -m pip install ${quiet[@]+"${quiet[@]}"} --disable-pip-version-check --log "$venv/setup.log" "$@" >&2
}

# PyTorch's build for GPUs of NVIDIA names their libraries among its requirements; the one for CPUs does not.
wants_cuda='import importlib.metadata as m, sys; sys.exit(not any("nvidia" in r for r in m.requires("torch") or ()))'

install_locked() { # extra
    local lock locks=()
    for lock in run ${1:+dev} ${1#dev}; do # a lock has what those before it lack
        locks+=(--requirement "$root/bin/locks/$lock.txt")
    done
    # Where it finds PyTorch's build for CPUs, it is asked for by name: pip prefers files whose hash an index tells.
    install_where_found cpu || true
    install --require-hashes --no-deps "${locks[@]}" || return
    install_cuda || return
    install --no-deps --no-build-isolation --editable "$root"
}

install_where_found() { # lock, of which nothing is said
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --no-input \
        --requirement "$root/bin/locks/$1.txt" >/dev/null 2>&1
}

install_cuda() { # where PyTorch asks for it
    if "$venv/bin/python" -c "$wants_cuda" >&2; then
        install --require-hashes --no-deps --requirement "$root/bin/locks/cuda.txt"
    fi
}

install_lowest() {
    install --require-hashes --no-deps --requirement "$root/bin/locks/lowest.txt" || return
    if ! install_where_found lowest-torch; then # on Linux, PyPI has PyTorch for GPUs alone
        say 'PyTorch is that of .venv: its lowest version for CPUs could not be installed'
        say 'hint: PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu has it'
        install_where_found cpu ||
            install --require-hashes --no-deps --requirement <(sed -n '/^torch==/,/[^\]$/p' "$root/bin/locks/run.txt") || return
        install_cuda || return
    fi
    install --no-deps --no-build-isolation --editable "$root"
}

install_unlocked() { # extra
    install --constraint "$root/bin/constraints.txt" --editable "$root[${1:-formats,pictures,remote}]"
}

install_project() { # extra
    local tools="${1:+the tools for $1, and }"
    [[ $1 != lowest ]] || tools='the lowest versions of '
    say "installing ${tools}what bin/locks pins; this takes minutes the first time"
    echo 'This set-up has not ended. It is made anew if it was interrupted.' >"$venv/unfinished"
    rm -f "$venv/setup.log"
    local way=install_locked
    [[ -z ${QAAD_UNLOCKED:-} ]] || way=install_unlocked
    [[ $1 != lowest ]] || way=install_lowest
    if "$way" "$1"; then return; fi
    rm -f "$venv/unfinished" # pip ended by itself: what was installed before is whole
    if grep -qE "$no_network" "$venv/setup.log"; then
        fail 'the packages could not be downloaded: is there a network?' \
            'the set-up needs one, once; run this again when there is (behind a proxy, set HTTPS_PROXY)'
    fi
    if grep -qE 'DO NOT MATCH THE HASHES' "$venv/setup.log"; then
        fail 'the packages are not those that bin/locks knows' \
            'if your package index has its own builds and you trust it: QAAD_UNLOCKED=1'
    fi
    fail 'the packages could not be installed' "the whole story is in $venv/setup.log"
}

no_network='NewConnectionError|NameResolutionError|Failed to establish a new connection|Temporary failure in name'
no_network+='|ConnectTimeout|ReadTimeout|Read timed out|Network is unreachable|ProxyError|from versions: none'

set_up() { # extra
    local extra=$1
    trap 'say "set-up interrupted; the next call starts it again"; exit 130' INT
    trap 'exit 143' TERM
    [[ -w $root ]] || fail "cannot write to $root" "the set-up makes ${venv##*/} there"
    lock
    if ! is_installed "$extra"; then # or it has been done while this process waited
        if [[ -e $venv/unfinished ]] || ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
            make_venv
        fi
        install_project "$extra"
        local name
        for name in qaad-installed ${extra:+"qaad-installed-$extra"}; do
            printf '%s' "$recipe" >"$venv/$name.new"
            mv "$venv/$name.new" "$venv/$name"
        done
        rm -f "$venv/unfinished"
        say 'set-up done'
    fi
    unlock
    trap - INT TERM
}

ensure_venv() { # extra
    venv="$root/.venv"
    [[ $1 != lowest ]] || venv="$root/.venv-lowest"
    read_recipe
    is_installed "$1" || set_up "$1"
}
