# The plan of folders: the code holds it, and the script that says so notices each way in which it can be broken.

# bats file_tags=plain

load lib/common

setup() {
    common_setup
    mkdir tests
    cp "$BATS_TEST_DIRNAME/layers" tests/
    # A tree that holds: two folders of one layer, one below them, two files that call each other.
    file decoder/wire/wire.h 'int wire(int n);'
    file decoder/wire/inside.h 'int even(int n);' 'int odd(int n);'
    file decoder/wire/even.c '#include "decoder/wire/inside.h"' 'int even(int n) { return !n || odd(n - 1); }'
    file decoder/wire/odd.c '#include "decoder/wire/inside.h"' '#include "decoder/wire/wire.h"' \
        'int odd(int n) { return n && even(n - 1); }' 'int wire(int n) { return odd(n); }'
    file decoder/rules/rules.h 'int rules(int n);'
    file decoder/rules/rules.c '#include "decoder/rules/rules.h"' '#include "decoder/wire/wire.h"' \
        'int rules(int n) { return wire(n); }'
    file decoder/filter/filter.h 'int filter(int n);'
    file decoder/filter/filter.c '#include "decoder/filter/filter.h"' '#include "decoder/wire/wire.h"' \
        'int filter(int n) { return wire(n); }'
    file plugins/plugin.h 'extern int plugin;'
    file plugins/nvme/nvme.c '#include "plugins/plugin.h"' 'int plugin = 1;'
}

# file PATH LINE...
file() {
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "${@:2}" > "$1"
}

# layers: compile the tree, and look at it
layers() {
    local source
    while read -r source; do
        mkdir -p "build/$(dirname "$source")"
        ${CC:-cc} -I. -c -o "build/${source%.c}.o" "$source"
    done < <(find . -name '*.c' -printf '%P\n')
    tests/layers build
}

# finds TEXT: this, and nothing else, is wrong with the tree
finds() {
    run -1 layers
    echo "$output"
    [[ ${lines[0]} == "not ok $1"* ]]
    [[ ${lines[1]} == *' passed, 1 failed' ]]
    [ ${#lines[@]} -eq 2 ]
}

@test "all the code keeps to its layers" {
    "$BATS_TEST_DIRNAME/layers" "${BUILD:-$BATS_TEST_DIRNAME/../build}"
}

@test "a tree that keeps to them passes" {
    run -0 layers
    [[ $output == *' passed, 0 failed' ]]
}

@test "an include upward" {
    file decoder/wire/up.h '#include "decoder/rules/rules.h"'
    finds 'decoder/wire/up.h:1: includes decoder/rules/rules.h, which lies above it, or beside it'
}

@test "an include sideways" {
    file decoder/align/aside.h '' '#include "decoder/rules/rules.h"'
    finds 'decoder/align/aside.h:2: includes decoder/rules/rules.h, which lies above it, or beside it'
}

@test "another folder's inside.h" {
    file decoder/rules/more.h '#include "decoder/wire/inside.h"'
    finds 'decoder/rules/more.h:1: includes decoder/wire/inside.h: what is inside decoder/wire is its own'
}

@test "an include that is not named from the top" {
    file decoder/rules/more.h '#include "../wire/wire.h"'
    finds 'decoder/rules/more.h:1: includes ../wire/wire.h, which is not named from the top'
}

@test "a plugin that sees more than plugins have" {
    file plugins/nvme/more.h '#include "decoder/wire/wire.h"'
    finds 'plugins/nvme/more.h:1: includes decoder/wire/wire.h: it may see only plugins/plugin.h'
}

@test "the plugins' process calls what it may not see" {
    file plugins/host/process/process.c 'int rules(int n);' 'int process(int n) { return rules(n); }'
    finds 'plugins/host/process/process calls decoder/rules/rules: it may see only'
}

@test "a call upward, without an include" {
    file decoder/wire/up.c 'int rules(int n);' 'int up(int n) { return rules(n); }'
    finds 'decoder/wire/up calls decoder/rules/rules, which lies above it: rules'
}

@test "a ring of three files" {
    file decoder/rules/one.c 'int two(int n);' 'int one(int n) { return two(n); }'
    file decoder/rules/two.c 'int three(int n);' 'int two(int n) { return three(n); }'
    file decoder/rules/three.c 'int one(int n);' 'int three(int n) { return one(n); }'
    finds 'a ring of 3 files that call each other: decoder/rules/one decoder/rules/three decoder/rules/two'
}

@test "a ring of two files across folders" {
    file decoder/rules/one.c 'int two(int n);' 'int one(int n) { return two(n); }'
    file decoder/align/two.c 'int one(int n);' 'int two(int n) { return one(n); }'
    finds 'a ring of 2 files that call each other: decoder/align/two decoder/rules/one'
}

@test "a folder that the plan does not know" {
    file decoder/attic/attic.h 'int attic;'
    finds 'decoder/attic/attic.h: decoder/attic has no place in tests/layers'
}

@test "a build without objects" {
    rm -r decoder/*/*.c plugins/nvme
    finds 'build holds no objects'
}

@test "CONTRIBUTING names only files and folders that are there" {
    local missing=0 names name
    cd "$BATS_TEST_DIRNAME/.."
    names=$(grep -oE '\b(decoder|capture|plugins|cli|tests|man)/[A-Za-z0-9_./*-]*' CONTRIBUTING.md | grep -v NAME |
        sed 's/[.,:]*$//' | sort -u)
    [[ $names == *decoder/wire/table.c* ]]
    for name in $names; do
        compgen -G "$name" > /dev/null || { echo "$name is not there"; missing=1; }
    done
    [ "$missing" -eq 0 ]
}
