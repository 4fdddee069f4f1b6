#!/usr/bin/env bats
# The suites themselves: no assertion that can't fail.

load lib/common

# in_suites PATTERN [EXCEPT]: lines of the suites, but for this file's
in_suites() { grep -nE "$1" "$BATS_TEST_DIRNAME"/*.bats | grep -v '/suites.bats:' | grep -vE "${2:-^$}"; }

@test "no negated command amid a test: bash lets it pass" {
    # In its place: lacks, of lib/common. `! COMMAND || break` asserts nothing.
    run -1 in_suites '^ +! [a-z_]+( [^:]*)?$' '\|\| (break|return)'
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
