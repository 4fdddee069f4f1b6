# decode: damaged and foreign files, pipes, interrupts, and what it writes. What it prints of each message is in
# golden.bats.
load lib/common

GOLDEN=$BATS_TEST_DIRNAME/golden

# patch FILE OFFSET HEX: overwrite bytes
patch() {
    printf "$(sed 's/../\\x&/g' <<< "$3")" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# Where the N-th record (from 0) begins.
record_at() {
    local at=24 i size
    for ((i = 0; i < $1; i++)); do
        size=$(od -An -tu4 -j $((at + 8)) -N 4 "$GOLDEN/edu.pcap")
        at=$((at + 16 + size))
    done
    echo "$at"
}

@test "a file that is not there or can't be read is status 2" {
    run -2 --separate-stderr "$VFUSCOPE" decode none.pcap
    [ "$stderr" = "vfuscope: none.pcap: No such file or directory" ]
    run -2 "$VFUSCOPE" decode "$T"
    [[ $output == *"Is a directory"* ]]
    run -2 "$VFUSCOPE" decode
    run -2 "$VFUSCOPE" decode one two
}

@test "an empty file, one that is no capture and one of other packets: status 1, and says which" {
    : > empty
    run -1 --separate-stderr "$VFUSCOPE" decode empty
    [[ $stderr == "vfuscope: empty: an empty file"* ]]
    [ -z "$output" ]
    head -c 5000 /dev/zero > zeros
    run -1 "$VFUSCOPE" decode zeros
    [[ $output == "vfuscope: zeros: "* ]]
    run -1 "$VFUSCOPE" decode "$BATS_TEST_FILENAME"
    head -c 24 "$GOLDEN/edu.pcap" > ethernet
    patch ethernet 20 01000000
    run -1 "$VFUSCOPE" decode ethernet
    [[ $output == *"EN10MB"* ]]
    head -c 24 "$GOLDEN/edu.pcap" > nothing
    run -0 "$VFUSCOPE" decode nothing
    [ -z "$output" ]
}

@test "a file that is cut anywhere: everything before the cut, then where it is, and status 1" {
    "$VFUSCOPE" decode --json "$GOLDEN/edu.pcap" > whole
    start=$(record_at 5)
    end=$(record_at 6)
    for ((at = start; at <= end; at++)); do
        head -c "$at" "$GOLDEN/edu.pcap" > cut
        wanted=$((at == start || at == end ? 0 : 1))
        run "-$wanted" --separate-stderr "$VFUSCOPE" decode --json cut
        diff <(printf '%s\n' "$output") <(head -n $((at == end ? 6 : 5)) whole)
        [ "$wanted" -eq 0 ] || [[ $stderr == "vfuscope: cut: record 6: "* ]]
    done
}

@test "a record that lies: everything before it, then which it is and why, and status 1" {
    at=$(record_at 3)
    tags=$((at + 16))
    head=$((tags + 28))
    while read -r offset bytes why; do
        cp "$GOLDEN/edu.pcap" bad
        patch bad "$offset" "$bytes"
        run -1 --separate-stderr "$VFUSCOPE" decode --json bad
        [ "${#lines[@]}" -eq 5 ] # behind VERSION who the peers look like
        [[ $stderr == "vfuscope: bad: record 4: "*"$why"* ]] || { echo "$why: $stderr"; false; }
    done << END
$((at + 8)) ffffff7f
$((at + 8)) 20000000 cut
$((at + 12)) 01000000 damaged
$tags ffffffff tags
$((tags + 4)) 6e666673 another protocol
$head 00000000 not made by vfuscope
$((head + 4)) 02 version 2
$((head + 5)) 09 type 9
$((head + 6)) 05 channel 5
$((head + 7)) 02 direction 2
$((head + 8)) 00 endianness 0
$((head + 12)) 0000 header of 0 bytes
$((head + 14)) ffff 65535 file descriptors
END
}

@test "records cut by others: what is whole is shown, and the rest is said" {
    need editcap editcap
    need jq jq
    "$VFUSCOPE" decode --json "$GOLDEN/edu.pcap" | jq -s 'map(select(.no)) | length' > messages
    # No event is whole in 120 bytes, nor any message that has annotations; of 80 the first 12 of a message are left.
    for size in 120 80; do
        editcap -s $size "$GOLDEN/edu.pcap" short
        "$VFUSCOPE" decode --json short > json 2> err
        [ "$(jq -s 'map(if .no then 1 elif .event == "dropped" then .count else 0 end) | add' json)" -eq "$(cat messages)" ]
        grep -Eqx 'vfuscope: short: [0-9]+ events? (is|are) left out, the first in record 1: an event that is cut' err
        lacks -q '"problems"' json
    done
    [ "$(jq -s 'map(select(.no)) | length' json)" -eq 0 ]
}

@test "an event of a kind that a later version has is left out, and said" {
    sed 's/"event":"connect"/"event":"novelty"/' "$GOLDEN/edu.pcap" > later
    run -0 --separate-stderr "$VFUSCOPE" decode later
    [ "$stderr" = "vfuscope: later: 1 event is left out, the first in record 1: an event of a kind that this version does not know" ]
    "$VFUSCOPE" decode "$GOLDEN/edu.pcap" > whole
    [ "${#lines[@]}" -eq $(($(wc -l < whole) - 1)) ]
    # What is no event at all is damage.
    sed 's/{"event":"connect"/{"tneve":"connect"/' "$GOLDEN/edu.pcap" > damaged
    run -1 --separate-stderr "$VFUSCOPE" decode damaged
    [[ $stderr == *"an event that is none"* ]]
}

@test "what a later version appends to a header is passed over" {
    at=$(record_at 3)
    head -c "$at" "$GOLDEN/edu.pcap" > later
    "$VFUSCOPE" decode "$GOLDEN/edu.pcap" | sed -n 4p > wanted
    size=$(od -An -tu4 -j $((at + 8)) -N 4 "$GOLDEN/edu.pcap")
    tail -c +$((at + 1)) "$GOLDEN/edu.pcap" | head -c $((16 + 28 + 40)) > head
    tail -c +$((at + 1 + 16 + 28 + 40)) "$GOLDEN/edu.pcap" | head -c $((size - 28 - 40)) > rest
    cat head >> later
    printf 'appended' >> later
    cat rest >> later
    longer=$(printf '%08x' $((size + 8)) | sed 's/\(..\)\(..\)\(..\)\(..\)/\4\3\2\1/')
    patch later $((at + 8)) "$longer$longer"
    patch later $((at + 16 + 28 + 12)) 0030
    run -0 "$VFUSCOPE" decode later
    [ "${lines[3]}" = "$(cat wanted)" ]
}

@test "- reads standard input, and -w - writes standard output" {
    "$VFUSCOPE" decode "$GOLDEN/edu.pcap" > wanted
    "$VFUSCOPE" decode - < "$GOLDEN/edu.pcap" | diff wanted -
    cat "$GOLDEN/edu.pcap" | "$VFUSCOPE" decode - | diff wanted -
    "$VFUSCOPE" decode -q -w - "$GOLDEN/edu.pcap" | cmp "$GOLDEN/edu.pcap" -
    "$VFUSCOPE" decode -w - "$GOLDEN/edu.pcap" 2> text | "$VFUSCOPE" decode - | diff wanted -
    diff wanted text
}

@test "a pipe is shown as it comes, not when it ends" {
    mkfifo pipe
    start decode "$VFUSCOPE" decode pipe
    exec 4> pipe
    head -c "$(record_at 2)" "$GOLDEN/edu.pcap" >&4
    await_text decode.out 'client > #1 *VERSION'
    tail -c +$(($(record_at 2) + 1)) "$GOLDEN/edu.pcap" >&4
    exec 4>&-
    await decode
    [ "$status" -eq 0 ]
    diff <("$VFUSCOPE" decode "$GOLDEN/edu.pcap") decode.out
}

@test "SIGINT while it waits: what it has is shown, the capture is whole, the summary printed, status 130" {
    mkfifo pipe
    start decode env --default-signal "$VFUSCOPE" decode pipe -c -w copy
    exec 4> pipe
    head -c "$(record_at 7)" "$GOLDEN/edu.pcap" >&4
    await_text decode.out 'server < #[0-9]+ *DEVICE_GET_INFO'
    stop decode INT
    exec 4>&-
    [ "$status" -eq 130 ]
    grep -q '^DEVICE_GET_INFO ' decode.out
    head -c "$(record_at 7)" "$GOLDEN/edu.pcap" | cmp - copy
}

@test "-w writes what -s and --count leave, and never its own input" {
    "$VFUSCOPE" decode -q -w cut -s 32 --count 7 "$GOLDEN/edu.pcap"
    "$VFUSCOPE" decode --json cut > json
    jq -es '[.[] | select(.command)] | length == 7 and all((.captured // .size) <= 32)' json
    cp "$GOLDEN/edu.pcap" mine
    for option in -w -o; do
        run -2 "$VFUSCOPE" decode mine $option mine
        [[ $output == *"being read"* ]]
        cmp mine "$GOLDEN/edu.pcap"
    done
    run -2 bash -c "'$VFUSCOPE' decode mine >> mine"
    [[ $output == *"standard output: can't write to the file that is being read" ]]
    run -2 bash -c "'$VFUSCOPE' decode -q - -w - < mine >> mine"
    cmp mine "$GOLDEN/edu.pcap"
    ln -s mine link
    run -2 "$VFUSCOPE" decode "$GOLDEN/edu.pcap" -w link
    cmp mine "$GOLDEN/edu.pcap"
}

@test "a full disk: said, status 1; a pipe whose reader leaves: ended by SIGPIPE, as others are" {
    run -1 "$VFUSCOPE" decode "$GOLDEN/edu.pcap" -o /dev/full
    [ "$output" = "vfuscope: /dev/full: can't write: No space left on device" ]
    run -1 "$VFUSCOPE" decode "$GOLDEN/edu.pcap" -q -w /dev/full
    [ "$output" = "vfuscope: /dev/full: can't write: No space left on device" ]
    run -1 bash -c "exec '$VFUSCOPE' decode '$GOLDEN/edu.pcap' > /dev/full"
    [[ $output == *"standard output: can't write: No space left on device" ]]
    mkfifo in out
    exec 4<> out 5<> in
    "$VFUSCOPE" decode in > out 2> err 4>&- 5>&- &
    until [ -e err ]; do sleep 0.01; done # now it has `out` open
    exec 4>&-
    cat "$GOLDEN/edu.pcap" >&5
    status=0
    wait $! || status=$?
    exec 5>&-
    [ "$status" -eq 141 ]
    [ ! -s err ]
}

@test "a capture whose disk fills is whole up to there" {
    (
        ulimit -f 4
        run -1 "$VFUSCOPE" decode "$GOLDEN/edu.pcap" -q -w part
        [[ $output == *"part: can't write: File too large" ]]
    )
    [ "$(stat -c %s part)" -le 4096 ]
    run -0 "$VFUSCOPE" decode part
    [ "${#lines[@]}" -gt 10 ]
    diff <(printf '%s\n' "${lines[@]}") <("$VFUSCOPE" decode "$GOLDEN/edu.pcap" | head -n "${#lines[@]}")
}

@test "-q, -c and --json" {
    run -0 "$VFUSCOPE" decode -q "$GOLDEN/edu.pcap"
    [ -z "$output" ]
    run -0 "$VFUSCOPE" decode -q -c "$GOLDEN/edu.pcap"
    grep -Eq '^VERSION +1 +0 ' <<< "$output"
    "$VFUSCOPE" decode --json -c "$GOLDEN/edu.pcap" > json
    jq -es '.[-1].event == "summary" and (.[-1].messages == ([.[] | select(.command)] | length))' json
}

@test "a file or FIFO of another user is not written to, by any option; devices are nobody's" {
    [ "$(id -u)" -eq 0 ] || skip "needs root, to have another user's files"
    local golden=$BATS_TEST_DIRNAME/golden/edu.pcap option
    for option in -w -o --trace; do
        echo theirs > file
        chown 65534 file
        run -2 --separate-stderr "$VFUSCOPE" decode "$golden" -q $option file
        [ "$stderr" = "vfuscope: file: belongs to another user (uid 65534): not written to" ]
        [ "$(cat file)" = theirs ]
        rm -f fifo
        mkfifo fifo
        chown 65534 fifo
        run -2 --separate-stderr timeout "$LIMIT" "$VFUSCOPE" decode "$golden" -q $option fifo
        [[ $stderr == *"belongs to another user"* ]]
        # Their user became root by sudo: theirs is ours
        SUDO_UID=65534 run -0 "$VFUSCOPE" decode "$golden" -q $option file
        chown 65534 file
        SUDO_UID=6553 run -2 "$VFUSCOPE" decode "$golden" -q $option file
        rm file
        run -0 "$VFUSCOPE" decode "$golden" -q $option file
    done
    run -0 "$VFUSCOPE" decode "$golden" -q -w /dev/null -o /dev/null
    # A link of theirs to what is ours, and to what is not there yet; to what is theirs, if sudo makes that ours, too
    echo ours > file
    ln -s file link
    chown -h 65534 link
    SUDO_UID=65534 run -2 --separate-stderr "$VFUSCOPE" decode "$golden" -o link
    [ "$stderr" = "vfuscope: link: a symbolic link of another user (uid 65534): not written through" ]
    [ "$(cat file)" = ours ]
    rm file
    run -2 "$VFUSCOPE" decode "$golden" -o link
    [ ! -e file ]
    touch file
    chown 65534 file
    SUDO_UID=65534 run -0 "$VFUSCOPE" decode "$golden" -o link
    chown -h 0 link
    SUDO_UID=65534 run -0 "$VFUSCOPE" decode "$golden" -o link
    run -0 "$VFUSCOPE" decode "$golden" -o /dev/stdout
}

@test "what holds guest memory is private: -o with -x, an old file too; without -x it is as other files are" {
    local golden=$BATS_TEST_DIRNAME/golden/edu.pcap option
    umask 022
    for option in -x '--json -x'; do
        rm -f out
        touch out
        chmod 644 out
        # shellcheck disable=SC2086
        "$VFUSCOPE" decode "$golden" $option -o out
        [ "$(stat -c %a out)" = 600 ]
        rm out
        # shellcheck disable=SC2086
        "$VFUSCOPE" decode "$golden" $option -o out
        [ "$(stat -c %a out)" = 600 ]
    done
    rm out
    "$VFUSCOPE" decode "$golden" -o out
    [ "$(stat -c %a out)" = 644 ]
}

@test "-q with -o: the file is made, and what is wrong with it is said" {
    local golden=$BATS_TEST_DIRNAME/golden/edu.pcap
    run -2 --separate-stderr "$VFUSCOPE" decode "$golden" -q -o /no/such/file
    [ "$stderr" = "vfuscope: /no/such/file: No such file or directory" ]
    run -0 "$VFUSCOPE" decode "$golden" -q -o out
    [ -z "$output" ]
    [ -e out ] && [ ! -s out ]
}

@test "no file is touched before every option is understood" {
    for options in '-w old -t bogus' '-o old -w new --trigger bogus(' '--trace old --fail-on bogus' '-w old --color=bogus' '-o old -s x'; do
        echo old > old
        # shellcheck disable=SC2086 # options
        run -2 "$VFUSCOPE" decode "$GOLDEN/edu.pcap" $options
        [ "$(cat old)" = old ]
    done
}

# Counted anew by jq: each access by REGION_READ, REGION_WRITE and each write of REGION_WRITE_MULTI.
@test "the summary's hottest registers are those with the most accesses, by region and offset where they have as many" {
    need jq jq
    local capture found=0
    for capture in "$GOLDEN"/{edu,qemu-boot,nvme-linux,virtio-net}.pcap; do
        "$VFUSCOPE" decode "$capture" --json > all
        jq -s '
            [.[] | select(.type == "command" and (.truncated or .short | not)) |
                if .command == "REGION_WRITE_MULTI" then .payload.writes[]? + { write: true }
                elif .command == "REGION_WRITE" then .payload + { write: true }
                elif .command == "REGION_READ" then .payload
                else empty end | select(.offset)] |
            group_by([.region, .offset]) |
            map({ region: .[0].region, offset: .[0].offset, reads: map(select(.write | not)) | length,
                  writes: map(select(.write)) | length }) |
            sort_by([-(.reads + .writes), .region, (.offset | length), .offset])' all > registers
        "$VFUSCOPE" decode "$capture" -q -c --json | jq '.registers | map(del(.region_name, .register))' > told
        diff <(jq '.[:10]' registers) told
        "$VFUSCOPE" decode "$capture" -q -c > text
        if [ "$(jq length registers)" -gt 10 ]; then
            grep -q "^of $(jq length registers) registers\$" text
            found=$((found + 1))
        else
            lacks -q '^of [0-9]* registers' text
        fi
    done
    [ "$found" -ge 2 ] # or it was never asked which of them
}
