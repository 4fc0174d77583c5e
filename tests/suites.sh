# The suites of tests/run, a line each in the two lanes below, and what they call.
#
# A suite's last line is "N passed, M failed" (or busted's).

# prepare : what both lanes need: the first one's build, and Python.
prepare() {
    build_tree build
    make_venv "$root/build/venv" notebooks/requirements.txt tests/kernel/requirements.txt tests/notebooks/requirements.txt
    mkdir -p build-sanitize build-threads
    ln -sfn ../build/venv build-sanitize/venv
    ln -sfn ../build/venv build-threads/venv
}

first_lane() {
    local isa
    use_tree build
    suite core run_core_tests build
    suite specs run_specs
    suite luacheck run_luacheck
    suite symbols tests/install/symbols build/prefix
    suite install tests/install/run build/prefix
    for isa in $(instruction_sets); do
        AUTOGRAD_ISA=$isa suite "core-$isa" run_core_tests build
        AUTOGRAD_ISA=$isa suite "oracle-$isa" run_specs tests/lua/oracle_spec.lua
    done
    suite kernel tests/kernel/run build
    suite notebooks tests/notebooks/run build
    suite valgrind run_valgrind
}

second_lane() {
    build_tree build-sanitize -DAUTOGRAD_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=RelWithDebInfo
    use_tree build-sanitize
    # A size that cannot be had is an error of ours; freed memory is held back but little, since the
    # specs look at how much there is.
    export ASAN_OPTIONS=allocator_may_return_null=1:quarantine_size_mb=2:thread_local_quarantine_size_kb=64
    suite core-sanitized run_core_tests build-sanitize
    # No plots: there is no C of ours in them, and gnuplot would be judged for its own leaks.
    PRELOAD=$(gcc -print-file-name=libasan.so) \
        suite specs-sanitized run_specs --exclude-pattern=plot_spec
    suite kernel-sanitized tests/kernel/run build-sanitize
    suite core-threads run_thread_tests
    suite kernel-threads run_kernel_thread_tests
}

# build_tree DIR CMAKE_OPTION… : warnings are errors here.
build_tree() {
    local build=$1
    shift
    build_and_install "$root" "$root/$build" "$root/$build/prefix" -DAUTOGRAD_WERROR=ON "$@" \
        >"$logs/$build.log" 2>&1 || { tail -n 50 "$logs/$build.log"; die "$build did not build"; }
}

# use_tree DIR : its installed module is the one that Lua finds.
use_tree() {
    local prefix=$root/$1/prefix
    export LUA_PATH="$prefix/share/lua/5.4/?.lua;$prefix/share/lua/5.4/?/init.lua;;"
    export LUA_CPATH="$prefix/lib/lua/5.4/?.so;;"
}

# run_core_tests BUILD : every program in its tests/core.
run_core_tests() {
    local program output passed=0 failed=0
    for program in "$root/$1"/tests/core/*_test; do
        output=$("$program" 2>&1)
        printf -- '-- %s\n%s\n' "${program##*/}" "$output"
        if [[ ${output##*$'\n'} =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
            passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
        else
            echo "it did not end with its counts"
            failed=$((failed + 1))
        fi
    done
    echo "$passed passed, $failed failed"
}

# build_threads TARGET… : builds them with ThreadSanitizer, in build-threads.
build_threads() {
    cmake -S "$root" -B "$root/build-threads" -DAUTOGRAD_SANITIZE=thread -DAUTOGRAD_WERROR=ON \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo -DAUTOGRAD_LUA=OFF &&
        cmake --build "$root/build-threads" --target "$@" -j "$(getconf _NPROCESSORS_ONLN)"
}

# What of the core runs in several threads, under ThreadSanitizer.
run_thread_tests() {
    build_threads thread_test parallel_test && run_core_tests build-threads
}

# The kernel under ThreadSanitizer: what crosses its threads, or with AUTOGRAD_ALL_THREADS=1 the
# whole suite (but the fuzzer, whose cells may loop where no signal reaches them under it).
run_kernel_thread_tests() {
    local tests=(test_protocol test_interrupt test_help test_output.Displays test_lifecycle.Endings)
    if [ -n "${AUTOGRAD_ALL_THREADS:-}" ]; then
        tests=(test_cells test_front_ends test_help test_history test_install test_interrupt
            test_jupyter_kernel_test test_lifecycle test_output test_protocol)
    fi
    build_threads lua-kernel && tests/kernel/run build-threads "${tests[@]}"
}

# run_specs [FILE…] : the busted specs, all without a name. PRELOAD stands for LD_PRELOAD, which is
# for Lua alone.
run_specs() {
    LD_PRELOAD=${PRELOAD:-} lua5.4 /usr/bin/busted "$@"
}

# Its counts are files.
run_luacheck() {
    local output
    output=$(luacheck --no-color .)
    grep -v ' OK$' <<<"$output"
    awk '/^Checking/ { if ($NF == "OK") passed++; else failed++ }
        END { printf "%d passed, %d failed\n", passed, failed }' <<<"$output"
}

# The instruction sets that the loops are compiled for and this machine has.
instruction_sets() {
    local flag name
    echo baseline
    for flag in avx2 avx512f; do
        name=${flag%f}
        if grep -qw "$flag" /proc/cpuinfo; then
            echo "$name"
        else
            echo "note: this machine lacks $name: no test can run it" >&2
        fi
    done
}

# The tutorial as a script leaks nothing; its plot's gnuplot is another program.
run_valgrind() {
    local folder
    folder=$(mktemp -d)
    if (cd "$folder" && valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite,indirect,possible \
            --error-exitcode=9 lua5.4 "$root/notebooks/tutorial.lua"); then
        echo "1 passed, 0 failed"
    else
        echo "0 passed, 1 failed"
    fi
    rm -rf "$folder"
}
