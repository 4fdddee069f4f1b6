# What others recorded: bytes of sockets on DLT_USER0, pcapng, logs of strace.
load lib/common

GOLDEN=$BATS_TEST_DIRNAME/golden

# plain FILE: the text without times, latencies, events, and descriptors, which such files lack
plain() {
    "$VFUSCOPE" decode "$1" | grep -v '^ *[0-9.]*  [0-9]*t* *\*' | sed 's/^ *[0-9.]*//; s/  *[^ ]*s$//; s/  fds\? .*//; s/  by message$//'
}

@test "raw bytes: whole, in pieces, with process ids, in pcapng, from a pipe" {
    need python3 python3
    plain "$GOLDEN/qemu-boot.pcap" > "$T/wanted"
    grep -q ' DMA_MAP .*  by message$' <("$VFUSCOPE" decode "$GOLDEN/qemu-boot.pcap")
    while read -r options; do
        # shellcheck disable=SC2086
        python3 "$BATS_TEST_DIRNAME/wireshark/raw.py" "$GOLDEN/qemu-boot.pcap" "$T/raw" $options
        plain "$T/raw" > "$T/got"
        diff -u "$T/wanted" "$T/got"
        [ "$(wc -l < "$T/got")" -eq 716 ]
        lacks -q 'by message' <("$VFUSCOPE" decode "$T/raw") # who sees no descriptors can't know
    done <<< $'\n--pids\n--split 7\n--pids --split 16\n--ng\n--split 100 --ng'
    plain - < "$T/raw" > "$T/got"
    diff -u "$T/wanted" "$T/got"
}

@test "raw bytes that were cut: the message says so, and framing is found again" {
    need python3 python3
    {
        echo "0100 0900 20000000 00000000 00000000 1000000000000000 01000000 04000000"
        echo "0100 0900 64000000 01000000 00000000 1000000000000000 01000000 44000000 0102 len=100"
        echo "0200 0900 20000000 00000000 00000000 2000000000000000 01000000 04000000"
        echo "0200 0900 24000000 len=36"
        echo "ffffffffffffffffffffffffffff"
        echo "0300 0900 20000000 00000000 00000000 3000000000000000 01000000 04000000"
    } | python3 "$BATS_TEST_DIRNAME/wireshark/pcap.py" "$T/p" 147
    run -0 "$VFUSCOPE" decode "$T/p" --ignore all
    [[ ${lines[0]} == *"client > #"*" REGION_READ "*"bar1+0x10 4 bytes" ]]
    [[ ${lines[1]} == *"server < #"*" REGION_READ "*"(34 of 100 bytes at hand)"* ]]
    [[ ${lines[2]} == *"client > #"*" REGION_READ "*"bar1+0x20 4 bytes" ]]
    [[ ${lines[3]} == *"* unframed"* ]]
    [[ ${lines[-1]} == *"client > #"*" REGION_READ "*"bar1+0x30 4 bytes" ]]
}

@test "a strace log: both halves of a call, descriptors, a cut string, what is no socket" {
    cat > "$T/log" << 'EOF'
10 1700000000.000001 read(4</etc/passwd>, "\x72\x6f\x6f\x74", 4096) = 4
10 1700000000.100000 sendmsg(3<UNIX-STREAM:[11->12]>, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="\x05\x00\x02\x00\x30\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", iov_len=16}, {iov_base="\x20\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00", iov_len=32}], msg_iovlen=2, msg_control=[{cmsg_len=20, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[5</memfd:ram>(deleted)]}], msg_controllen=24, msg_flags=0}, 0) = 48
11 1700000000.100010 recvmsg(3<UNIX-STREAM:[11->12]>,  <unfinished ...>
20 1700000000.100020 recvmsg(9<UNIX-STREAM:[12->11]>, {msg_iov=[{iov_base="\x05\x00\x02\x00\x30\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", iov_len=16}], msg_iovlen=1}, 0) = 16
20 1700000000.100030 recvfrom(9<UNIX-STREAM:[12->11]>, "\x20\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00", 32, 0, NULL, NULL) = 32
11 1700000000.100050 <... recvmsg resumed>{msg_iov=[{iov_base="\x05\x00\x02\x00\x10\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00", iov_len=16}], msg_iovlen=1}, 0) = 16
10 1700000000.100060 write(3<UNIX-STREAM:[11->12]>, "\x06\x00\x0a\x00\x24\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x04\x00\x00\x00"..., 36) = 36
10 1700000000.100070 write(3<UNIX-STREAM:[11->12]>, "\7\0\t\0 \0\0\0\0\0\0\0\0\0\0\0 \0\0\0\0\0\0\0\1\0\0\0\4\0\0\0", 32) = 32
10 1700000000.100080 close(3<UNIX-STREAM:[11->12]>) = 0
10 1700000000.100090 +++ exited with 0 +++
EOF
    run -0 "$VFUSCOPE" decode "$T/log" --ignore all
    [ "${lines[0]}" = "    0.000000  1  client > #1     DMA_MAP                      5  0x80000000+4K readable|writeable  fd memfd" ]
    [ "${lines[1]}" = "    0.000050  1  server < #2     DMA_MAP                      5  ok  50.0us" ]
    [[ ${lines[2]} == *"REGION_WRITE"*"(32 of 36 bytes at hand)" ]]
    [[ ${lines[3]} == *"REGION_READ  "*"bar1+0x20 4 bytes" ]]
    [[ ${lines[4]} == *"* disconnect: closed" ]]
    [ "${#lines[@]}" -eq 5 ]
}

@test "a strace log: behind what a server should have written to an eventfd the stream is found again" {
    need jq jq
    head='1700000000.1 sendto(3<UNIX-STREAM:[11->12]>,' reply='\1\0\0\0\0\0\0\0 \0\0\0\0\0\0\0\1\0\0\0\4\0\0\0\1\2\3\4'
    command='\0\t\0 \0\0\0\0\0\0\0\0\0\0\0 \0\0\0\0\0\0\0\1\0\0\0\4\0\0\0'
    for way in "$head \"\\1\0\0\0\0\0\0\0\", 8, 0, NULL, 0) = 8"$'\n'"$head \"\\7\\0\\t\\0$\\0\\0\\0$reply\", 36, 0, NULL, 0) = 36" \
        "$head \"\\1\0\0\0\0\0\0\0\\7\\0\\t\\0$\\0\\0\\0$reply\", 44, 0, NULL, 0) = 44"; do
        {
            echo "1700000000.0 recvfrom(3<UNIX-STREAM:[11->12]>, \"\\7$command\", 32, 0, NULL, NULL) = 32"
            echo "$way"
            echo "1700000000.2 recvfrom(3<UNIX-STREAM:[11->12]>, \"\\10$command\", 32, 0, NULL, NULL) = 32"
            echo "$head \"\\10\\0\\t\\0$\\0\\0\\0$reply\", 36, 0, NULL, 0) = 36"
        } > "$T/log"
        "$VFUSCOPE" decode "$T/log" --json --ignore region-not-asked > "$T/json"
        cat "$T/log" "$T/json"
        jq -e -s '[.[] | select(.type == "reply") | .reply_to] == [1, 3]' "$T/json"
        jq -e -s '[.[] | select(.event == "unframed")] | length == 1 and .[0].from == "server" and
            .[0].data == "0100000000000000" and .[0].guess == "8 bytes as written to an eventfd"' "$T/json"
        jq -e -s '[.[] | select(.event == "framed")] | length == 1 and .[0].skipped == 8 and .[0].offset == "0x8"' "$T/json"
        jq -e -s 'all(.event == "unframed" or (has("problems") | not))' "$T/json"
    done
    # One that answers nothing is none
    sed -i 's/\\7\\0\\t\\0\$/\\6\\0\\t\\0$/' "$T/log"
    "$VFUSCOPE" decode "$T/log" --json --ignore region-not-asked > "$T/json"
    jq -e -s '[.[] | select(.type == "reply") | .reply_to] == [2]' "$T/json"
}

@test "text that is no strace log, and a log without vfio-user, are said to be that" {
    echo 'some words' > "$T/text"
    run -1 --separate-stderr "$VFUSCOPE" decode "$T/text"
    [[ $stderr == *"no strace log with vfio-user"* ]]
    echo '1 1700000000.1 read(3</etc/passwd>, "root", 4) = 4' > "$T/text"
    run -1 --separate-stderr "$VFUSCOPE" decode "$T/text"
    [[ $stderr == *"strace -f -ttt -xx -yy"* ]]
}

@test "a packet of which nothing is at hand" {
    need python3 python3
    printf '%s\n' 'len=40' '0100 0900 20000000 00000000 00000000 1000000000000000 01000000 04000000' |
        sed 's/^len=40$/00000000 00000000 00000000 00000000 len=40/' | python3 "$BATS_TEST_DIRNAME/wireshark/pcap.py" "$T/p" 147
    run "$VFUSCOPE" decode "$T/p" --ignore all
    [ "$status" -eq 0 ]
    [[ $output == *"REGION_READ"* ]]
}
