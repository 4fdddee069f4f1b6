# Events: that tests/c/event.c knows all that an event points to, by what the compiler knows of it.
load lib/common

@test "each pointer of an event is one that its copy is tested with" {
    root=$BATS_TEST_DIRNAME/..
    printf '%s\n' '#include "decoder/wire/event.h"' 'struct vfu_event event;' |
        ${CC:-cc} -std=c11 -g -I "$root" -x c -c -o event.o -
    python3 "$root/tests/lib/pointers.py" event.o vfu_event | sort -u > there
    "$(dirname "$VFUSCOPE")/tests/c/event" | sed -n 's/^ok \([a-z_.]*\): .*/\1/p' | sort -u > tested
    cat there
    grep -qx memory.bytes there
    diff there tested
}

@test "what a copy brings along points to nothing that may go" {
    root=$BATS_TEST_DIRNAME/..
    printf '%s\n' '#include "decoder/wire/event.h"' 'struct vfu_problem p; struct vfu_note n; struct vfu_fd f;' |
        ${CC:-cc} -std=c11 -g -I "$root" -x c -c -o event.o -
    for struct in vfu_problem vfu_note vfu_fd; do
        python3 "$root/tests/lib/pointers.py" event.o $struct
    done > there
    cat there
    [ "$(grep . there)" = rule ] # of the table
}
