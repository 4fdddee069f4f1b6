#!/usr/bin/env bats
# The suites themselves: no assertion that can't fail.

# bats file_tags=plain

load lib/common

# in_suites PATTERN [EXCEPT]: lines of the suites, but for this file's
in_suites() { grep -nE "$1" "$BATS_TEST_DIRNAME"/*.bats | grep -v '/suites.bats:' | grep -vE "${2:-^$}"; }

@test "no negated command amid a test: bash lets it pass" {
    # In its place: lacks, of lib/common. `! COMMAND || break` asserts nothing.
    run -1 in_suites '^ +! [a-z_]+( [^:]*)?$' '\|\| (break|return|\{)'
    [ -z "$output" ]
}

@test "no run ! grep: a file that is missing would do" {
    run -1 in_suites 'run ! grep'
    [ -z "$output" ]
}

@test "no test measures time: the machine may be busy" {
    run -1 in_suites '\<(SECONDS|EPOCHREALTIME)\>'
    [ -z "$output" ]
}

# An edit that moves the line leaves its mutant behind, which then tells of nothing.
@test "each mutant of the list changes its file" {
    cd "$BATS_TEST_DIRNAME/.."
    local name file suite script
    while IFS='|' read -r name file suite script; do
        name=${name// /} file=${file// /}
        case $name in '' | '#'*) continue ;; esac
        [ -n "$script" ] || continue
        sed "$script" "$file" > "$BATS_TEST_TMPDIR/broken"
        if cmp -s "$file" "$BATS_TEST_TMPDIR/broken"; then
            echo "$name changes nothing in $file"
            return 1
        fi
    done < tests/mutants/list
}

# suite: a tree of its own whose suites are given as NAME SCRIPT..., and what tests/check says of it. In bats' place is one
# that runs the file: bats in bats waits for itself, in some versions.
suite() {
    mkdir -p tree/tests/c tree/build/tests/c tree/bin
    printf '#!/bin/bash\n. "$PWD/${!#}" "$@"\n' > tree/bin/bats
    chmod +x tree/bin/bats
    cp "$BATS_TEST_DIRNAME/check" tree/tests/
    while [ $# -gt 0 ]; do
        case $1 in
        *.bats) printf '%s\n' "$2" > "tree/tests/$1" ;;
        *) : > "tree/tests/c/$1.c"; printf '#!/bin/sh\n%s\n' "$2" > "tree/build/tests/c/$1"; chmod +x "tree/build/tests/c/$1" ;;
        esac
        shift 2
    done
    run --separate-stderr env -i PATH="$PWD/tree/bin:$PATH" HOME="$T" CI="${CI_SAID:-}" LIMIT="${LIMIT_SAID:-300}" tree/tests/check build \
        ${OTHER_BUILD:-}
}

@test "tests/check counts the suites that have ended, and closes with the names of what failed" {
    cd "$T"
    suite good 'echo "ok one"; echo "ok two"' bad 'echo why; echo "not ok this one"; exit 1' crashed 'echo "ok begun"; exit 3' \
        empty : some.bats 'echo "ok 1 holds"
echo "not ok 2 does not"
echo "ok 3 is left out # skip needs the Debian package nothing"; exit 1'
    [ "$status" -eq 1 ]
    [ "$(grep -c '^\[[1-5]/5\] build ' <<< "$output")" -eq 5 ]
    for n in 1 2 3 4 5; do
        [[ $output == *"[$n/5] "* ]]
    done
    [[ $output == *$'\nwhy\n'* ]]
    failed=$(sed '1,/^failed (/d; $d' <<< "$output" | sort)
    [ "$failed" = '  build bad: this one
  build crashed: ended with status 3
  build empty: has no tests
  build some.bats: 2 does not' ]
    [ "${lines[-1]}" = '4 passed, 4 failed, 1 skipped' ]
}

@test "tests/check: what wants a package is a failure under CI, by name; nothing is named where all is well" {
    cd "$T"
    CI_SAID=true suite some.bats 'echo "ok 1 wants one # skip needs the Debian package nothing"'
    [ "$status" -eq 1 ]
    [[ $output == *$'\n  build some.bats: 1 wants one: needs the Debian package nothing\n0 passed, 1 failed' ]]
    rm -r tree
    suite some.bats 'echo "ok 1 holds"'
    [ "$status" -eq 0 ]
    [[ $output != *failed\ \(* ]]
    [ "${lines[-1]}" = '1 passed, 0 failed' ]
}

@test "tests/check: what hangs is ended, and named" {
    cd "$T"
    LIMIT_SAID=1 suite hangs 'exec sleep 1000'
    [ "$status" -eq 1 ]
    [[ $output == *$'\n  build hangs: did not end\n0 passed, 1 failed' ]]
}

@test "tests/check: a file that is tagged plain is of the first build, another's tests that are not so of both" {
    cd "$T"
    OTHER_BUILD=asan suite one.bats '# bats file_tags=plain
echo "ok 1 once"' two.bats 'echo "ok 1 twice: $*"'
    [ "$status" -eq 0 ]
    [ "${lines[-1]}" = '3 passed, 0 failed' ]
    lacks -q plain tree/build/check/two.bats.log
    grep -q -- '--filter-tags !plain' tree/asan/check/two.bats.log
}

@test "mutants/random: each folder has suites, and they are there" {
    cd "$BATS_TEST_DIRNAME/.."
    run -0 tests/mutants/random --show-suites
    [ "${#lines[@]}" -gt 20 ]
    while read -r folder suites; do
        [ -d "$folder" ]
        for suite in $suites; do
            compgen -G "tests/c/${suite%.c}*.c" > /dev/null || compgen -G "tests/${suite%.bats}*.bats" > /dev/null ||
                { echo "$folder: there is no suite $suite"; return 1; }
        done
    done <<< "$output"
}

@test "mutants/random breaks the same lines for the same seed, others for another" {
    need git git
    cd "$BATS_TEST_DIRNAME/.."
    git rev-parse HEAD > /dev/null 2>&1 || skip "no repository"
    breaks() { tests/mutants/random --dry-run --count 20 --seed "$1" decoder; }
    run -0 breaks one
    one=$output
    [ "${#lines[@]}" -eq 20 ]
    run -0 breaks one
    [ "$output" = "$one" ]
    run -0 breaks two
    [ "$output" != "$one" ]
}
