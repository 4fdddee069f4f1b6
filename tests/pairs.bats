# Exchanges: a command and its reply on one line.

load lib/common

edu=$BATS_TEST_DIRNAME/golden/edu.pcap

# Lines without their times and latencies, blanks as one
bare() {
    sed -E 's/^ *[0-9.]+ +//; s/  +/ /g; s/ [0-9.]+(ns|us|ms|s)$//'
}

@test "one line a command with its reply: number, place with its width, value, how long" {
    run -0 "$VFUSCOPE" decode --pairs "$edu"
    [[ $output =~ $'\n    0.000453  #11     r  bar0+0x4.l           0xedcba987          13.6us'$'\n' ]]
    [[ $output =~ $'\n    0.000425  #9      w  bar0+0x4.l           0x12345678          13.2us'$'\n' ]]
    [[ $output =~ $'\n    0.001008  #31t    dma read  0x100000+8    76667573636f7065    23.1us'$'\n' ]]
    # Every message is in a line of its own or in its command's.
    [ "$(grep -c '^ *[0-9.]* *[0-9]*:*#' <<< "$output")" -eq \
        "$("$VFUSCOPE" decode --json "$edu" | jq -s 'map(select(.no)) | (length / 2) + 1')" ]
}

@test "a reply that does not follow its command has a line that points back" {
    "$VFUSCOPE" decode --pairs "$edu" | bare > lines
    [ "$(grep -n '#45t' lines | cut -d: -f2-)" = "#45t dma write 0x100800+8 76667573636f7065 ..." ]
    grep -qxF '#48t ... #45 dma write 0x100800+8 76667573636f7065' lines
}

@test "errors stand where the value would; what was said of the command, and why, is below the line" {
    serve
    tap --pairs --once -o text
    shell --raw -c regions -c 'read bar0+0x100000' -c 'expect error EINVAL'
    await tap
    grep -A 2 'r  bar0+0x100000' text | bare | sed -E 's/^#[0-9]+ //; s/#[0-9]+/#N/' > lines
    diff - lines << 'END'
r bar0+0x100000.l EINVAL
 ! violation by the client: bar0+0x100000, 4 bytes, the region has 0x100000 [region-bounds]
 because bar0 ends at 0x100000 (#N) [region-end]
END
}

@test "who waits: the command's half is there at once, and ends in dots where something else follows" {
    start silent python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.bind("s"); s.listen(); c = s.accept()[0]
while c.recv(4096): pass'
    await_that test -S s
    tap --pairs -o text
    python3 - t << 'END'
import socket, struct, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(struct.pack("=HHIII", 7, 13, 16, 0, 0))
while not b"DEVICE_RESET" in open("text", "rb").read():
    time.sleep(0.01)
END
    stop tap
    grep -q '#1 *DEVICE_RESET  \.\.\.$' text
}

@test "pipes and files have a line a message, terminals a line an exchange; either is to be had" {
    "$VFUSCOPE" decode "$edu" > plain
    "$VFUSCOPE" decode --pairs --no-pairs "$edu" | diff plain -
    "$VFUSCOPE" decode --pairs "$edu" > pairs
    lacks -q pairs <(cat plain)
    on_terminal 2000 "$VFUSCOPE" decode --color=never "$edu" | diff pairs -
    on_terminal 2000 "$VFUSCOPE" decode --color=never --no-pairs "$edu" | diff plain -
    "$VFUSCOPE" decode --pairs --json "$edu" | diff <("$VFUSCOPE" decode --json "$edu") -
}

@test "a line fits the terminal, and the numbers in it are whole" {
    for width in 60 62 79 100 132; do
        on_terminal "$width" "$VFUSCOPE" decode --color=never "$edu" > narrow
        [ "$(awk '{ if (length > most) most = length } END { print most }' narrow)" -le "$width" ]
        # Put together again it is what a wide one has.
        tr -s ' \n' ' ' < narrow | sed 's/, /,/g' > words
        on_terminal 1000 "$VFUSCOPE" decode --color=never "$edu" | tr -s ' \n' ' ' | sed 's/, /,/g' | diff words -
    done
    # The blanks behind -> are columns like others: one line of it had one too many.
    on_terminal 64 "$VFUSCOPE" decode --color=never "$BATS_TEST_DIRNAME/golden/qemu-boot.pcap" > narrow
    [ "$(awk '{ if (length > most) most = length } END { print most }' narrow)" -eq 64 ]
    # So are those of a date, and of a file's name.
    cp "$edu" a-name-of-a-file-that-is-long
    for width in 60 80; do
        on_terminal "$width" "$VFUSCOPE" decode --color=never -t absolute "$edu" > narrow
        [ "$(awk '{ if (length > most) most = length } END { print most }' narrow)" -le "$width" ]
        on_terminal "$width" "$VFUSCOPE" decode --color=never "$edu" a-name-of-a-file-that-is-long > narrow
        [ "$(awk '{ if (length > most) most = length } END { print most }' narrow)" -le "$width" ]
    done
}

@test "on a terminal a poll is one line, which says how often" {
    serve
    tap -w polled -q --no-plugins --once
    shell --raw -c 'read bar0+8' -c 'repeat 30 read bar0+0x20' -c 'read bar0+8' -c 'read bar0+8' -c 'write bar0+4 1' \
        -c 'read bar0+8'
    await tap
    on_terminal 100 "$VFUSCOPE" decode --color=never --ignore all polled | bare | grep 'r bar0' > lines
    diff - <(sed -E 's/^#[0-9]+ //; s/ in$//' lines) << 'END'
r bar0+0x8.l 0x00000000
r bar0+0x20.l 0x00000000
r bar0+0x20.l 0x00000000 30 times
r bar0+0x8.l 0x00000000
r bar0+0x8.l 0x00000000
r bar0+0x8.l 0x00000000
END
    # In a file each one is there.
    [ "$("$VFUSCOPE" decode --pairs --ignore all polled | grep -c 'bar0+0x20.l')" -eq 30 ]
}

@test "-v and -x: the trees of both halves" {
    run -0 "$VFUSCOPE" decode --pairs -v "$edu" 11..12
    [ "$(grep -c '^  *header: #' <<< "$output")" -eq 2 ]
    run -0 "$VFUSCOPE" decode --pairs -x "$edu" 11..12
    [[ $output == *"87 a9 cb ed"* ]]
}
