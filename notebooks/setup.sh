# What notebooks/run and tests/run both do to a fresh machine: Debian packages and a Python
# environment. To be sourced by bash; it defines functions and does nothing by itself.

# say TEXT… : name the step that begins, so that a long one is never silent.
say() {
    printf '\033[1m==> %s\033[0m\n' "$*" >&2
}

# die TEXT… : say what is wrong and end the script.
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# A list has one package a line: Debian's name, then how another system shows that it has the
# same thing (command:NAME, pkg-config:NAME, font:NAME or python:MODULE; the command of the
# package's own name where nothing stands). `#` begins a comment.
list_packages() {
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "$@"
}

on_debian() {
    command -v apt-get >/dev/null && command -v dpkg-query >/dev/null &&
        grep -qE '^ID(_LIKE)?=.*debian' /etc/os-release 2>/dev/null
}

has_package() {
    local package=$1 probe=${2:-command:$1} name
    if on_debian; then
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ]
        return
    fi
    name=${probe#*:}
    case $probe in
        command:*) command -v "$name" ;;
        pkg-config:*) pkg-config --exists "$name" ;;
        font:*) fc-list "$name" | grep . ;;
        python:*) python3 -c "import $name" ;;
        *) false ;;
    esac >/dev/null 2>&1
}

missing_packages() {
    local package probe
    list_packages "$@" | sort -u | while read -r package probe; do
        has_package "$package" "$probe" || printf '%s ' "$package"
    done
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "only root may do this, and there is no sudo here. As root: $*"
    fi
}

# install_packages LISTFILE… : install what the lists name and the machine lacks. Only Debian
# (and what descends from it) is changed; elsewhere the script ends with the names.
install_packages() {
    local missing
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    on_debian || die "these packages (by Debian's names) are missing here, and only on Debian can" \
        "they be installed for you: $missing"
    say "Installing Debian packages: $missing"
    # A mirror that is down for one list need not matter: what counts is the install.
    as_root apt-get -q update || true
    # shellcheck disable=SC2086 # one word a package
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 \
        install --no-install-recommends $missing || die "apt-get could not install: $missing"
}

# make_venv DIR REQUIREMENTS… : a Python environment in DIR with all that the files ask for. A
# file that was installed before, and has not changed since, costs nothing.
make_venv() {
    local venv=$1 requirements stamp
    shift
    if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        say "Making a Python environment in $venv"
        python3 -m venv --clear "$venv" || die "python3 could not make $venv"
    fi
    for requirements in "$@"; do
        stamp=$venv/.installed-$(cksum <"$requirements" | tr ' ' -)
        [ ! -e "$stamp" ] || continue
        say "Installing $(list_packages "$requirements" | tr '\n' ' ')(this may take minutes)"
        "$venv/bin/python" -m pip install -qq --disable-pip-version-check \
            -r "$requirements" || die "pip could not install what $requirements asks for"
        : >"$stamp"
    done
}

# build_and_install SOURCE BUILD PREFIX [CMAKE_OPTION…] : configure, build and install.
build_and_install() {
    local source=$1 build=$2 prefix=$3
    shift 3
    say "Building in $build"
    cmake -S "$source" -B "$build" "$@" || die "cmake could not configure $build"
    cmake --build "$build" -j "$(getconf _NPROCESSORS_ONLN)" || die "the build in $build failed"
    say "Installing into $prefix"
    cmake --install "$build" --prefix "$prefix" >/dev/null || die "the install into $prefix failed"
}

# install_kernel VENV PREFIX : make the installed kernel known to the environment's Jupyter.
install_kernel() {
    "$2/bin/lua-kernel" install --prefix "$1" >/dev/null || die "the kernel could not be installed"
}

# execute_notebook VENV NOTEBOOK FOLDER : run a notebook where it stands, without a screen; its
# executed copy goes to FOLDER. False where a cell fails.
execute_notebook() {
    local here
    here=$(dirname "${BASH_SOURCE[0]}")
    "$1/bin/python" "$here/execute.py" "$2" "$3/$(basename "$2")"
}
