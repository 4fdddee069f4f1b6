# Ring captures and the trigger.
load lib/common

edu=$BATS_TEST_DIRNAME/golden/edu.pcap
boot=$BATS_TEST_DIRNAME/golden/qemu-boot.pcap

numbers() {
    "$VFUSCOPE" decode --json "$1" | jq '.no // empty'
}

@test "a ring keeps the newest files; together they hold the end of what was seen" {
    run -0 "$VFUSCOPE" decode -q "$boot" -w ring --ring-size 8K --ring-files 3
    files=(ring.*)
    [ "${#files[@]}" = 3 ]
    [ ! -e ring ]
    for file in "${files[@]}"; do
        [ "$(stat -c %a "$file")" = 600 ]
        [ "$(stat -c %s "$file")" -lt 12288 ]
    done
    for file in $(printf '%s\n' "${files[@]}" | sort -t. -k2n); do numbers "$file"; done > got
    numbers "$boot" | tail -n "$(wc -l < got)" | diff - got
    [ "$(wc -l < got)" -gt 50 ]
}

@test "a full disk: older files of the ring go, and what comes is kept" {
    unshare -rm true 2> /dev/null || skip "unshare: no user namespace with a mount of its own is to be had here"
    mkdir disk
    cat > filled << 'END'
mount -t tmpfs -o size=64k none disk || exit 3
"$VFUSCOPE" decode -q "$1" -w disk/ring --ring-size 16K --ring-files 100
status=$?
cp disk/ring.* .
exit $status
END
    run -0 --separate-stderr unshare -rm bash filled "$BATS_TEST_DIRNAME/golden/nvme-disk.pcap"
    [[ $stderr == "vfuscope: disk/ring."*": the disk is full: older files of the ring go" ]]
    [ ! -e ring.1 ]
    for file in $(printf '%s\n' ring.* | sort -t. -k2n); do numbers "$file"; done > got
    numbers "$BATS_TEST_DIRNAME/golden/nvme-disk.pcap" | tail -n "$(wc -l < got)" | diff - got
    [ "$(wc -l < got)" -gt 50 ]
}

# parts CAPTURE: what decode says of it whole, and in the files of a ring, each of which begins in the middle
parts() {
    "$VFUSCOPE" decode -q "$1" -w part --ring-size 16K --ring-files 1000
    [ -e part.6 ]
    for file in $(printf '%s\n' part.* | sort -t. -k2n); do "$VFUSCOPE" decode --json "$file"; done > parts
    rm part.*
    "$VFUSCOPE" decode --json "$1" > whole
}

@test "each file of a ring knows what its replies answer, which rules were broken, and what plugins said" {
    (cd "$BATS_TEST_DIRNAME/.." && "$(dirname "$TOOLS")/c/rules" "$T/rules")
    parts rules
    diff whole parts
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    parts "$BATS_TEST_DIRNAME/golden/nvme-disk.pcap"
    [ "$(grep -c '"plugin":"nvme"' whole)" -gt 50 ]
    lacks -vxFf parts <(grep '"notes"' whole)
}

@test "a ring large enough is one file with everything" {
    run -0 "$VFUSCOPE" decode -q "$edu" -w ring --ring-size 1M
    cmp ring.1 "$edu"
    [ ! -e ring.2 ]
}

@test "the trigger writes what stood before a message, and that, and nothing else" {
    no=$("$VFUSCOPE" decode --json "$edu" | jq 'select(.payload.data? == "ed000001") | .no')
    run -0 "$VFUSCOPE" decode -q "$edu" -w some --trigger 'data == ed000001' --before 4
    [ "$(numbers some | tr '\n' ' ')" = "$((no - 4)) $((no - 3)) $((no - 2)) $((no - 1)) $no " ]
    run -0 "$VFUSCOPE" decode -q "$edu" -w none --trigger 'error == EPERM'
    [ -z "$(numbers none)" ]
    # What was said of them stays with them, whether they stood before or set it off
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    "$VFUSCOPE" decode -q "$BATS_TEST_DIRNAME/golden/nvme-disk.pcap" -w noted --trigger 'no == 213' --before 8
    VFUSCOPE_PLUGIN_PATH= "$VFUSCOPE" decode --json noted > got
    [ "$(grep -c '"notes"' got)" -gt 2 ]
    grep '"no":' got > messages
    "$VFUSCOPE" decode --json "$BATS_TEST_DIRNAME/golden/nvme-disk.pcap" | grep -B 100 '"no":213,' | grep '"no":' |
        tail -n "$(wc -l < messages)" | diff - messages
    # Each half of a pair counts, also for a test that needs both.
    run -0 "$VFUSCOPE" decode -q "$edu" -w pair --trigger 'type == reply and command == VERSION' --before 1
    [ "$(numbers pair | tr '\n' ' ')" = "1 2 " ]
}

@test "messages behind the trigger, how often it fired, and the begin and the end of their connections" {
    run -0 --separate-stderr "$VFUSCOPE" decode -q "$edu" -w some --trigger 'no == 9 or no == 12' --before 2 --after 3
    [ "$stderr" = "vfuscope: some: --trigger picked 2 times" ]
    [ "$(numbers some | paste -sd ' ')" = "7 8 9 10 11 12 13 14 15" ]
    [ "$("$VFUSCOPE" decode --json some | jq -r .event | grep -v null | paste -sd ' ')" = "connect disconnect" ]
    [ "$("$VFUSCOPE" decode --json some | head -n 1 | jq -r .event)" = connect ]
    run -0 --separate-stderr "$VFUSCOPE" decode -q "$edu" -w none --trigger 'error == EPERM'
    [ "$stderr" = "vfuscope: none: --trigger picked 0 times" ]
    # Of a connection of which nothing is written neither end is.
    [ -z "$("$VFUSCOPE" decode --json none)" ]
    # Three connections: the one that is picked, and only that
    serve
    tap -q -w three
    for value in 1 2 3; do shell --raw -c "write bar0+4 $value" -c 'read bar0+4'; done
    stop tap
    run -0 "$VFUSCOPE" decode -q three -w two --trigger 'conn == 2 and command == REGION_READ' --before 1
    [ "$("$VFUSCOPE" decode --json two | jq -c '[.event, .conn]' | sort -u | paste -sd ' ')" = \
        '["connect",2] ["disconnect",2] [null,2]' ]
    run -2 "$VFUSCOPE" decode -q "$edu" -w x --trigger error --after x
    run -2 "$VFUSCOPE" decode -q "$edu" --after 3
}

@test "a ring removes the files of an older one of its name, and nothing else" {
    "$VFUSCOPE" decode -q "$boot" -w ring --ring-size 8K --ring-files 100
    [ -e ring.9 ]
    cp ring.9 ring.9.old
    cp ring.9 other.9
    echo mine > ring.77
    ln -s other.9 ring.78
    mkdir ring.79
    "$VFUSCOPE" decode -q "$edu" -w ring --ring-size 1M
    [ "$(printf '%s ' ring*)" = "ring.1 ring.77 ring.78 ring.79 ring.9.old " ]
    [ -s other.9 ]
    # What is read stays.
    run -2 "$VFUSCOPE" decode -q ring.1 -w ring --ring-size 1M
    numbers ring.1 | diff - <(numbers "$edu")
}

@test "live: the trigger's capture is there while the tap runs, and a ring goes round" {
    serve
    tap --json -w seen --trigger error --before 2
    run -0 shell --raw -c 'read bar0' -c 'read bar0+4' -c 'read bar5' -c 'expect error EINVAL' -c 'read bar0'
    three() { [ "$(numbers seen | wc -l)" -ge 3 ]; }
    await_that three
    [ "$(numbers seen | wc -l)" = 3 ]
    stop tap
    [ "$("$VFUSCOPE" decode --json seen | jq -r '.error.name // empty')" = EINVAL ]

    tap -q -w ring --ring-size 4K
    run -0 shell --raw -c 'repeat 100 read bar0'
    stop tap
    files=(ring.*)
    [ "${#files[@]}" = 2 ]
    "$VFUSCOPE" decode -q "${files[0]}"
}

@test "a ring never takes the file that is being read, by whatever name" {
    mkdir real
    ln -s real way
    cp "$edu" real/ring.7
    cp "$edu" seen
    ln seen hard.3
    ln -s seen soft.12
    for pair in real/ring.7:real/ring real/ring.7:way/ring way/ring.7:real/../real/ring seen:hard ./seen:"$T/hard" \
        hard.3:hard seen:soft soft.12:soft; do
        run -2 --separate-stderr "$VFUSCOPE" decode -q "${pair%%:*}" -w "${pair#*:}" --ring-size 1K
        [[ $stderr == *"can't write to the file that is being read"* ]]
    done
    run -2 "$VFUSCOPE" decode -q - -w real/ring --ring-size 1K < real/ring.7
    cmp real/ring.7 "$edu"
    cmp seen "$edu"
    [ "$(ls -A . real | grep -c ring)" = 1 ] # nor was anything else written
    # What a ring does not write to it may be named like.
    for input in seen ring. ring.07 ring.7x; do
        cp "$edu" $input
        run -0 "$VFUSCOPE" decode -q $input -w "${input%%.*}" --ring-size 1M
        cmp $input "$edu"
    done
}

@test "mistakes" {
    run -2 --separate-stderr "$VFUSCOPE" decode -q "$edu" -w x --trigger 'foo == 1'
    [[ $stderr == *"--trigger: column 1"* ]]
    run -2 --separate-stderr "$VFUSCOPE" decode -q "$edu" -w - --ring-size 1K
    [[ $stderr == *"one file"* ]]
    run -2 --separate-stderr "$VFUSCOPE" decode -q "$edu" -w x --ring-files 3
    [[ $stderr == *"of which size"* ]]
    run -2 "$VFUSCOPE" decode -q "$edu" -w x --trigger error --before 0
    ln -s precious link.1
    run -2 --separate-stderr "$VFUSCOPE" decode -q "$edu" -w link --ring-size 1K
    [[ $stderr == *link.1* ]]
    run -2 --separate-stderr "$VFUSCOPE" decode -q "$edu" --trigger error
    [[ $stderr == *"-w"* ]]
}
