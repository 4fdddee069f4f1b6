# Compressed captures: FILE may be gzip or zstd wherever one is read, by its first bytes; -w FILE.zst and FILE.gz write them.
load lib/common

setup() {
    common_setup
    need zstd zstd
    edu=$BATS_TEST_DIRNAME/golden/edu.pcap
    boot=$BATS_TEST_DIRNAME/golden/qemu-boot.pcap
    "$VFUSCOPE" decode "$edu" > plain
    # Names that say nothing.
    gzip -c "$edu" > gzip
    zstd -qc "$edu" > zstd
}

# is_beginning FILE OF: all of its lines are the other's first ones
is_beginning() {
    head -n "$(wc -l < "$1")" "$2" | cmp "$1" -
}

@test "gzip and zstd are read by what they are, as a file, from standard input and from a FIFO" {
    local kind
    mkfifo fifo
    for kind in gzip zstd; do
        "$VFUSCOPE" decode $kind | cmp - plain
        "$VFUSCOPE" decode - < $kind | cmp - plain
        cat $kind > fifo &
        "$VFUSCOPE" decode fifo | cmp - plain
        # Bytes that come one by one, two of the first four at a time
        python3 -c 'import os, sys
for at in range(0, 12): os.write(1, open(sys.argv[1], "rb").read()[at:at + 1])
os.write(1, open(sys.argv[1], "rb").read()[12:])' $kind | "$VFUSCOPE" decode - | cmp - plain
        run -0 "$VFUSCOPE" why $kind
        run -0 "$VFUSCOPE" decode -q $kind -w again
        cmp again "$edu"
    done
}

@test "a compressed capture is replayed, and compared with" {
    serve
    tap -w recorded.zst
    run -0 shell --raw -c 'read bar0' -c 'write bar0+4 5' -c 'read bar0+4'
    stop tap
    zstd -qdc recorded.zst | gzip > recorded
    run -0 "$VFUSCOPE" replay recorded s
    run -0 "$VFUSCOPE" replay --compare recorded recorded.zst
}

@test "a compressed strace log" {
    local i id
    for ((i = 0; i < 500; i++)); do
        printf -v id '\\x%02x\\x%02x' $((i % 256)) $((i / 256))
        echo "10 1700000000.$((100000 + 2 * i)) write(3<UNIX-STREAM:[11->12]>, \"$id\x09\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x20\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x04\x00\x00\x00\", 32) = 32"
    done > text
    "$VFUSCOPE" decode text > plain
    [ "$(wc -l < plain)" -ge 500 ]
    gzip -c text | "$VFUSCOPE" decode - | cmp - plain
    zstd -qc text > log
    "$VFUSCOPE" decode log | cmp - plain
    # A log that is cut is shown as far as it goes, and that it is cut is said.
    gzip -c text | head -c 2000 > cut
    run -1 --separate-stderr "$VFUSCOPE" decode cut
    [[ $stderr == 'vfuscope: cut: the gzip data is cut: it has no end' ]]
    [ "${#lines[@]}" -gt 10 ]
    zstd -qc text | head -c 1000 > cut
    run -1 --separate-stderr "$VFUSCOPE" decode cut
    [[ $stderr == 'vfuscope: cut: the zstd data is cut: it has no end' ]]
}

@test "several members or frames are one file, zeros may stand behind gzip's, an empty one and skipped ones anywhere" {
    local size
    size=$(stat -c %s "$edu")
    for at in 1 23 24 1000 $((size - 1)); do
        { head -c $at "$edu" | gzip; gzip < /dev/null; tail -c +$((at + 1)) "$edu" | gzip; head -c 4096 /dev/zero; } > members
        "$VFUSCOPE" decode members | cmp - plain
        { printf '\x50\x2a\x4d\x18\x04\0\0\0skip'; head -c $at "$edu" | zstd -q; zstd -q < /dev/null
          printf '\x5f\x2a\x4d\x18\0\0\0\0'; tail -c +$((at + 1)) "$edu" | zstd -q; } > frames
        "$VFUSCOPE" decode frames | cmp - plain
    done
}

@test "a cut file: everything whole before is shown, then it is said, status 1" {
    local kind size at
    for kind in gzip zstd; do
        size=$(stat -c %s $kind)
        for ((at = 4; at < size; at += 97)); do
            head -c $at $kind > cut
            run -1 --separate-stderr "$VFUSCOPE" decode cut
            [[ $stderr == "vfuscope: cut: "*"the $kind data is cut: it has no end" ]]
            printf '%s' "${output:+$output$'\n'}" > shown
            is_beginning shown plain
        done
        # Only the end is missing: nothing of what is there is lost.
        head -c $((size - 1)) $kind > cut
        run -1 --separate-stderr "$VFUSCOPE" decode cut
        [ "$output" = "$(cat plain)" ]
    done
}

@test "garbage behind: all before it is shown, status 1" {
    local kind
    for kind in gzip zstd; do
        for behind in garbage 'PK' "$(printf '\x1f\x8c')" '(' "$(printf '\x28\xb5\x2f\xfe')"; do
            { cat $kind; printf %s "$behind"; } > longer
            run -1 --separate-stderr "$VFUSCOPE" decode longer
            [ "$output" = "$(cat plain)" ]
            [[ $stderr == "vfuscope: longer: record "*": "*"$kind data"* ]]
        done
    done
    { cat gzip; head -c 9 /dev/zero; echo x; } > longer
    run -1 "$VFUSCOPE" decode longer
}

@test "damaged ones: no byte of them makes it crash, hang, or accuse anybody" {
    cat > damage.py <<'END'
import random, subprocess, sys
program, plain = sys.argv[1], open("plain").read().splitlines()
random.seed(1)
for kind in "gzip", "zstd":
    whole = open(kind, "rb").read()
    for turn in range(60):
        bad = bytearray(whole)
        for _ in range(random.randint(1, 3)):
            bad[random.randrange(len(bad))] ^= 1 << random.randrange(8)
        ran = subprocess.run([program, "decode", "-"], input=bytes(bad), capture_output=True)
        assert ran.returncode in (0, 1), (kind, turn, ran)
        shown = ran.stdout.decode().splitlines()
        if ran.returncode == 0: # a bit of a time stamp or a name in its header
            assert shown == plain, (kind, turn)
        assert ran.returncode == 0 or ran.stderr, (kind, turn)
END
    python3 damage.py "$VFUSCOPE"
}

@test "a bomb is read as it streams: memory stays small" {
    local limit
    grep -q __asan_init "$VFUSCOPE" && limit=unlimited || limit=600000 # a sanitizer's shadow takes terabytes
    # Gigabytes of nothing in a record's place, in a line of text, behind a capture, and a window of two gigabytes.
    # Members and frames, one behind the other, are one file: each is made once.
    head -c 64M /dev/zero | gzip -1 > zeros
    head -c 64M /dev/zero | tr '\0' 1 | zstd -q -1 > ones
    gzip -1 < "$edu" > bomb
    for _ in {1..16}; do
        cat zeros >> bomb
        cat ones >> line
    done
    head -c 1M /dev/zero | zstd -q --long=31 --ultra > window
    for file in bomb line window; do
        run -1 --separate-stderr bash -c "ulimit -v $limit; '$VFUSCOPE' decode $file > out"
        [[ $stderr == "vfuscope: $file: "* ]]
    done
}

@test "an empty file, compressed, is called one; a foreign one is refused; a name proves nothing" {
    gzip < /dev/null > empty
    run -1 "$VFUSCOPE" decode empty
    [ "$output" = 'vfuscope: empty: an empty file, not a capture' ]
    zstd -q < "$BASH" > foreign
    run -1 "$VFUSCOPE" decode foreign
    [[ $output == 'vfuscope: foreign: '*'unknown file format'* ]]
    cp "$edu" capture.gz
    "$VFUSCOPE" decode capture.gz | cmp - plain
    gzip -c gzip > twice # once is enough for anybody
    run -1 "$VFUSCOPE" decode twice
}

@test "-w FILE.zst and FILE.gz are compressed, and private; -w - is not" {
    run -0 "$VFUSCOPE" decode -q "$edu" -w a.zst
    run -0 "$VFUSCOPE" decode -q "$edu" -w a.gz
    zstd -qdc a.zst | cmp - "$edu"
    gzip -dc a.gz | cmp - "$edu"
    "$VFUSCOPE" decode a.zst | cmp - plain
    "$VFUSCOPE" decode a.gz | cmp - plain
    [ "$(stat -c %a a.zst)" = 600 ]
    "$VFUSCOPE" decode -q "$edu" -w - | cmp - "$edu"
    "$VFUSCOPE" decode -q "$edu" -w a.zstd
    cmp a.zstd "$edu"
    # Nothing is picked: a capture without records
    "$VFUSCOPE" decode -q "$edu" -w none.zst --filter 'no == 0' --filter-capture
    run -0 "$VFUSCOPE" decode none.zst
    ln -s a.zst link.zst
    run -2 "$VFUSCOPE" decode -q "$edu" -w link.zst
    run -2 "$VFUSCOPE" decode -q a.zst -w a.zst
    zstd -qdc a.zst | cmp - "$edu"
}

@test "a compressed ring: each file is whole, so large, and an older ring's files go" {
    run -0 "$VFUSCOPE" decode -q "$boot" -w ring.zst --ring-size 3K --ring-files 3
    files=(ring.zst.*)
    [ "${#files[@]}" = 3 ]
    for file in $(printf '%s\n' "${files[@]}" | sort -t. -k3n); do
        zstd -qdc "$file" > /dev/null
        [ "$(stat -c %s "$file")" -lt 4096 ]
        stat -c %s "$file" >> sizes
        "$VFUSCOPE" decode --json "$file" | jq '.no // empty'
    done > got
    "$VFUSCOPE" decode --json "$boot" | jq '.no // empty' | tail -n "$(wc -l < got)" | diff - got
    [ "$(wc -l < got)" -gt 50 ]
    [ "$(head -n 1 sizes)" -ge 3072 ]
    run -0 "$VFUSCOPE" decode -q "$edu" -w ring.zst --ring-size 1M
    [ "$(echo ring.zst.*)" = ring.zst.1 ]
}

@test "what a tap that is killed had flushed can be read back" {
    serve
    tap -w live.zst
    run -0 "$VFUSCOPE" t -c info
    await_text tap.out disconnect tap
    # A second, at most: it does not end by itself.
    await_that recorded
    kill -KILL "${STARTED[tap]}"
    await tap
    run -1 --separate-stderr "$VFUSCOPE" decode live.zst
    [[ $stderr == *'the zstd data is cut: it has no end' ]]
    [[ $output == *VERSION*disconnect* ]]
}

recorded() {
    "$VFUSCOPE" decode live.zst 2> /dev/null | grep -q disconnect
}

@test "a full disk: what was written of a compressed capture can be read" {
    run -1 --separate-stderr "$VFUSCOPE" decode -q "$edu" -w /dev/full
    unshare -rm true 2> /dev/null || skip "unshare: no user namespace with a mount of its own is to be had here"
    mkdir disk
    cat > filled << 'END'
mount -t tmpfs -o size=12k none disk || exit 3
"$VFUSCOPE" decode -q "$1" -w disk/full.$2
status=$?
cp disk/full.$2 .
exit $status
END
    local kind
    "$VFUSCOPE" decode "$BATS_TEST_DIRNAME/golden/virtio-linux.pcap" > disk.plain
    for kind in zst gz; do
        run -1 --separate-stderr unshare -rm bash filled "$BATS_TEST_DIRNAME/golden/virtio-linux.pcap" $kind
        [[ $stderr == *"No space left on device"* ]]
        [ "$(stat -c %s full.$kind)" = 12288 ]
        run -1 --separate-stderr "$VFUSCOPE" decode full.$kind
        printf '%s\n' "$output" > shown
        is_beginning shown disk.plain
        [ "$(wc -l < shown)" -gt 100 ]
    done
}
