# Every example in the manuals and in README.md is run as it is written, and what it shows is what comes: see
# lib/examples.py. Those that need root, QEMU or Wireshark have tests of their own.
# bats file_tags=plain
load lib/common

# What examples find in their folder: captures, and scripts of the shell.
setup_file() {
    local folder=$BATS_FILE_TMPDIR/examples here=$BATS_TEST_DIRNAME name
    mkdir -p "$folder/nvme0" "$BATS_FILE_TMPDIR/bin" "$BATS_FILE_TMPDIR/include"
    ln -s "$VFUSCOPE" "$BATS_FILE_TMPDIR/bin/vfuscope"
    ln -s "$here/../plugins" "$BATS_FILE_TMPDIR/include/vfuscope"
    cp "$here"/lib/examples/* "$folder"
    cd "$folder" || return 1
    for name in good run bug; do
        start serve "$VFUSCOPE" serve made.sock --once
        await_text "$VFU_DIR/serve.err" '^listening on ' serve
        start tap "$VFUSCOPE" tap tap.sock made.sock --once -q -w $name.pcap
        await_text "$VFU_DIR/tap.err" '^listening on ' tap
        # The driver of the bug asks what it asks, and no more.
        "$VFUSCOPE" shell $([ $name != bug ] || echo --raw) tap.sock -f $name.vfu
        await tap
        await serve
    done
    cp good.pcap from.pcap
    cp run.pcap to.pcap
    # And what goes wrong in the guide.
    cd "$here/.." || return 1
    while read -r name rule; do
        "$(dirname "$VFUSCOPE")/tests/c/rules" "$folder/$name.pcap" breaks "$rule"
    done <<< $'missing empty-region\nhang overdue\ndrop version-qemu-refuses\ndma dma-outside'
}

setup() {
    common_setup
    need python3 python3
    need jq jq
    export EXAMPLES=$BATS_FILE_TMPDIR/examples PATH=$BATS_FILE_TMPDIR/bin:$PATH C_INCLUDE_PATH=$BATS_FILE_TMPDIR/include
    # As where they are installed.
    VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    README=$BATS_TEST_DIRNAME/../README.md
    MANUALS=("$BATS_TEST_DIRNAME"/../man/*.[1-9] "$(dirname "$VFUSCOPE")"/man/*.[1-9])
}

# examples list|run PAGE...
examples() {
    python3 "$BATS_TEST_DIRNAME/lib/examples.py" "$@"
}

# each PAGE...: run those that NEEDS asks for; more than $1 of them there must be
each() {
    local least=$1
    shift
    run examples run "$@"
    [ "$status" = 0 ] || { grep -A 20 '^WRONG' <<< "$output"; false; }
    [ "$(sed -n 's/ examples tried, 0 wrong$//p' <<< "${lines[-1]}")" -gt "$least" ]
}

# named NEED: what is skipped without that
named() {
    examples list "$README" "${MANUALS[@]}" | sed -n "s/.*: $1: //p" | paste -sd ';'
}

@test "every command in an example is one that is run" {
    run -0 examples list "$README" "${MANUALS[@]}"
    lacks 'a command without' <<< "$output"
    printf '.Bd -literal\nvfuscope decode x\n.Ed\n' > page.1
    run -0 examples list page.1
    [[ $output == *'page.1:1: a command without "$ " before it: vfuscope decode x'* ]]
}

@test "an example that fails, or prints something else, is found" {
    printf '.Bd -literal\n$ vfuscope decode %s.pcap\n%s\n.Ed\n' good '* connect' none '' run 'no such line' > page.1
    run -1 examples run page.1
    [[ $output == *'WRONG page.1:5: status 2: vfuscope decode none.pcap'* ]]
    [[ $output == *'not printed: no such line'* ]]
    [ "${lines[-1]}" = '3 examples tried, 2 wrong' ]
}

# entry NAME PAGE...: does one of the pages have an entry of this option?
entry() {
    local name=$1
    shift
    grep -Eqe "^\.It Fl (. , )?-$name( |\$)" "$@"
}

@test "every option has an entry in the page of its command, or among those that commands share" {
    local man=$BATS_TEST_DIRNAME/../man command option count=0
    while read -r command; do
        for option in $("$VFUSCOPE" help "$command" | sed -En 's/^ +(-[A-Za-z0-9], +)?--([a-z][a-z-]*[a-z]).*/\2/p'); do
            count=$((count + 1))
            [ "$option" = no ] || entry "$option" "$man/vfuscope-$command.1" "$man/vfuscope.1" ||
                echo "vfuscope-$command(1) lacks --$option"
        done
    done < <(sed -n 's/^\.It Xr vfuscope-\([a-z]*\) 1$/\1/p' "$man/vfuscope.1") > lacks
    [ ! -s lacks ] || { cat lacks; false; }
    [ "$count" -gt 100 ]
    run -1 entry colour "$man/vfuscope.1"
}

@test "the page of every command says which files, statuses and faults it has, and shows examples" {
    local page section
    for page in "$BATS_TEST_DIRNAME"/../man/*.1; do
        for section in FILES 'EXIT STATUS' EXAMPLES 'SEE ALSO' BUGS; do
            grep -q "^\.Sh $section\$" "$page" || echo "$page lacks $section"
        done
    done > lacks
    [ ! -s lacks ] || { cat lacks; false; }
}

@test "every event, field of messages that filters know, and expert info has an entry" {
    local man=$BATS_TEST_DIRNAME/../man kind word
    for kind in $(grep -o '\[VFU_EVENT_[A-Z_]*\] = "[a-z_]*"' "$BATS_TEST_DIRNAME/../decoder/wire/names.c" | cut -d'"' -f2); do
        # Memory is for plugins alone.
        [[ $kind == @(message|memory) ]] || grep -q "^\.Ss $kind\$" "$man/vfuscope-json.5" ||
            echo "vfuscope-json(5) lacks $kind"
    done > lacks
    for word in $("$VFUSCOPE" help filters | sed -n '/^Fields of all/,/^$/s/^  \([a-z][a-z_., ]*[a-z]\)  .*/\1/p' | tr -d ,); do
        grep -Eq "^\.It Cm (.* , )?$word( |\$)" "$man/vfuscope-filter.7" || echo "vfuscope-filter(7) lacks $word"
    done >> lacks
    for word in $(sed -n 's/.* = info("\([a-z_]*\)".*/\1/p' "$BATS_TEST_DIRNAME/../plugins/wireshark/expert.lua"); do
        grep -q "^\.It Cm vfio_user.$word\$" "$man/vfuscope-wireshark.7" || echo "vfuscope-wireshark(7) lacks $word"
    done >> lacks
    [ ! -s lacks ] || { cat lacks; false; }
}

@test "the examples of the manuals" {
    need cc gcc
    each 35 "${MANUALS[@]}"
}

@test "the examples of README.md" {
    each 5 "$README"
}

@test "the examples that need root" {
    [ "$(id -u)" -eq 0 ] || skip "needs root: $(named root)"
    # QEMU is played by a client, one at a time: attach takes a name that one process has. A real one has it too.
    exec 8< "$BATS_TEST_DIRNAME/manuals.bats"
    flock 8
    ! pgrep qemu-system-x86 > /dev/null || skip "a QEMU runs here: $(named root)"
    # What is traced can't look for leaks at its end.
    export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0
    start traced sleep "$LIMIT"
    for method in bpf ptrace; do
        start try "$VFUSCOPE" attach "${VFU_PIDS[traced]}" -q --method $method
        await_text try.err '^attached to ' try > said || skip "attach by $method is refused here: $(named root)"
        stop try
    done
    stop traced
    NEEDS=root each 1 "$README" "${MANUALS[@]}"
}

@test "the examples that need Wireshark" {
    need tshark tshark
    wireshark_user
    export HOME=$T/home XDG_CONFIG_HOME=$T/home/.config
    cd "$BATS_TEST_DIRNAME/.."
    make -s -o all install-user BUILD="$(dirname "$VFUSCOPE")" HOME="$HOME"
    cd "$T"
    NEEDS=wireshark each 5 "$README" "${MANUALS[@]}"
}

@test "the examples that need QEMU" {
    qemu-system-x86_64 -device help 2> /dev/null | grep -q vfio-user-pci || skip "needs QEMU 10.1 or later: $(named qemu)"
    NEEDS=qemu each 0 "$README" "${MANUALS[@]}"
}
