# The summary, -c: what is wrong, what took how long, and what came of things: interrupts, DMA by message, what could have been mapped.
load lib/common

golden=$BATS_TEST_DIRNAME/golden

setup() {
    common_setup
    need jq jq
    serve
}

# sum [OPTION]...: of a tap that was started so and has ended, the JSON of its summary; a decode of its capture says the same
sum() {
    stop tap
    tail -n 1 tap.out > sum.json
    "$VFUSCOPE" decode cap -q -c --json 2> /dev/null > again.json
    diff <(jq 'del(.plugins, .waiting)' sum.json) <(jq 'del(.plugins, .waiting)' again.json)
}

@test "SET_IRQS by action, and each vector: armed, masked, fired" {
    tap -q -c --json -w cap --expose irq
    shell --raw -c 'irq arm msix 0-1' -c 'irq trigger msix 0' -c 'irq wait msix 0' -c 'irq trigger msix 0' -c 'irq wait msix 0' \
        -c 'irq disarm msix' -c 'irq arm intx 0' -c 'irq mask intx 0' -c 'irq unmask intx 0'
    sum
    jq -e '.set_irqs == [{"index":0,"index_name":"intx","armed":1,"taken_away":0,"disabled":0,"triggered":0,"masked":1,"unmasked":1},
        {"index":2,"index_name":"msix","armed":1,"taken_away":0,"disabled":1,"triggered":2,"masked":0,"unmasked":0}]' sum.json
    jq -e '.vectors == [{"index":0,"index_name":"intx","vector":0,"armed":1,"masked":1,"fired":0,"fired_unarmed":0},
        {"index":2,"index_name":"msix","vector":0,"armed":1,"masked":0,"fired":2,"fired_unarmed":0},
        {"index":2,"index_name":"msix","vector":1,"armed":1,"masked":0,"fired":0,"fired_unarmed":0}]' sum.json
    "$VFUSCOPE" decode cap -q -c > text
    grep -Eq '^msix  +1 +0 +1 +2 +0 +0$' text
    grep -Eq '^msix 0  +1 +0 +2 +0$' text
}

@test "DMA by message, by mapping, also when it is gone; and none" {
    tap -q -c --json -w cap
    shell --raw -c 'dma map 0x100000 64K --message' -c 'dma map 0x200000 64K --message' -c 'write bar0+0x80 q 0x100000' \
        -c 'write bar0+0x88 q 0x40000' -c 'write bar0+0x90 q 16' -c 'write bar0+0x98 q 1' -c 'poll bar0+0x98 q & 1 == 0' \
        -c 'dma unmap 0x100000 64K' -c 'dma map 0x100000 64K --message' -c 'write bar0+0x98 q 1' -c 'poll bar0+0x98 q & 1 == 0'
    sum
    jq -e '.dma_by_message | length == 1 and .[0].conn == 1 and .[0].address == "0x100000" and .[0].size == "0x10000" and
        .[0].fd == false and .[0].reads == 2 and .[0].read_bytes == 32 and .[0].writes == 0' sum.json
    "$VFUSCOPE" decode cap -q -c | grep -Eq '^1  0x100000\+64K  +2 +32 +0 +0$'
    tap -q -c --json -w cap
    shell --raw -c 'dma map 0x100000 64K' -c 'read bar0'
    sum
    jq -e '.dma_by_message == [] and .set_irqs == [] and .vectors == [] and .mappable_by_message == []' sum.json
    lacks -E 'by message|SET_IRQS|vector' <("$VFUSCOPE" decode cap -q -c)
}

@test "accesses by message to what could have been mapped; not to the rest, nor where nothing could be" {
    tap -q -c --json -w cap
    shell --raw -c 'regions' -c 'send DEVICE_GET_REGION_INFO index=bar2 argsz=4096' -c 'read bar2+0x1000' -c 'write bar2+0x3ffc 7' -c 'read bar2+0x4000' -c 'read bar2' -c 'read bar0'
    sum
    jq -e '.mappable_by_message | length == 1 and .[0].region_name == "bar2" and .[0].offset == "0x1000" and .[0].reads == 1 and
        .[0].writes == 1' sum.json
    "$VFUSCOPE" decode cap -q -c | grep -Eq '^1  bar2\+0x1000, 12K  +1 +1  #'
    tap -q -c --json -w cap --expose mmio # then it could not
    shell --raw -c 'send DEVICE_GET_REGION_INFO index=bar2 argsz=4096' -c 'read bar2+0x1000'
    sum
    jq -e '.mappable_by_message == []' sum.json
    tap -q -c --json -w cap --inject 'type == reply and command == DEVICE_GET_REGION_INFO:dropfds'
    shell --raw -c 'send DEVICE_GET_REGION_INFO index=bar2 argsz=4096' -c 'read bar2+0x1000'
    sum
    jq -e '.mappable_by_message == []' sum.json
}

@test "what is wrong stands first, by whom, how often and where; who broke a rule is not counted with the other" {
    # Both sides break too-short: the client twice, the server once; a write is refused; a command waits.
    cat > talk.txt << 'END'
client command VERSION 01000100170000000000000000000000000001007b7d00
server reply VERSION 01000100170000000100000000000000000001007b7d00
client command DMA_MAP 020002001800000000000000000000002000000003000000
client command DMA_MAP 030002001800000000000000000000002000000003000000
client command REGION_READ 0400090020000000000000000000000000000000000000000000000008000000
server reply REGION_READ 040009002400000001000000000000000000000000000000000000000800000011223344
client command REGION_WRITE 05000a002400000010000000000000000400000000000000010000000400000001020304
client command DMA_UNMAP 06000300280000000000000000000000180000000000000000100000000000000010000000000000
server reply DMA_UNMAP 06000300100000002100000002000000
client command REGION_READ 0700090020000000000000000000000018000000000000000200000004000000
END
    "$TOOLS/mkcapture" talk.pcap talk.txt
    "$VFUSCOPE" decode -q -c talk.pcap 2> /dev/null > sum
    cat sum
    grep -qx '[0-9]* violations by the client, [0-9]* violations\? by the server, .*' <(head -n 1 sum)
    grep -q '^violation by the client: too-short, 2 times, first #3: ' sum
    grep -q '^violation by the server: too-short, #6: ' sum
    [ "$(grep -n '^suspicious' sum | head -n 1 | cut -d: -f1)" -gt "$(grep -n '^violation' sum | tail -n 1 | cut -d: -f1)" ]
    grep -q '^1 error: ENOENT #9$' sum
    grep -q ', 1 command posted' sum
    # The posted one is none of those that nobody answered.
    grep -q '^3 commands outstanding$\|^3 commands never answered$' sum
    [ "$(grep -n '^command ' sum | cut -d: -f1)" -gt "$(grep -n '^slowest: ' sum | cut -d: -f1)" ]
    # JSON has a rule once, as ever.
    "$VFUSCOPE" decode -q -c --json talk.pcap 2> /dev/null | jq -e '[.problems[] | select(.rule == "too-short")] | length == 1 and
        .[0].count == 3 and .[0].first.no == 3 and .[0].first.at_fault == "client"'
}

@test "where nothing is wrong it says so; not of rules that nobody looked at, nor where there is nothing" {
    "$VFUSCOPE" decode -q -c "$golden/qemu-boot.pcap" > sum
    [ "$(head -n 1 sum)" = "no rule broken, no error, every command answered" ]
    "$VFUSCOPE" decode -q -c --ignore region-bounds "$golden/qemu-boot.pcap" > sum
    [ "$(head -n 1 sum)" = "no error, every command answered" ]
    "$VFUSCOPE" decode -q -c "$golden/qemu-boot.pcap" --filter 'no > 100000' > sum
    [ "$(head -n 1 sum)" = "0 messages" ]
    lacks '^command\|answered' sum
    # 69 writes are posted, and none of them waits.
    "$VFUSCOPE" decode -q -c "$golden/nvme-disk.pcap" > sum
    [ "$(head -n 1 sum)" = "no rule broken, no error, every command answered" ]
    grep -q ', 69 commands posted' sum
}

@test "a command that waits is named, with its place and since when" {
    "$VFUSCOPE" decode -q -w cut --count 7 "$golden/edu.pcap"
    "$VFUSCOPE" decode -q -c cut 2> /dev/null > sum
    cat sum
    grep -qx '1 command outstanding' sum
    grep -qE '^  waiting for a reply: #7 REGION_READ bar0\+0x0 of the client, for [0-9]+ ms$' sum
}

@test "the first commands that nobody answered are named once their connection has ended" {
    tap -q -w cap --inject 'offset == 0x20:drop'
    shell --raw -c 'read bar0+0' -c 'timeout 200ms' -c 'read bar0+0x20' || true
    stop tap
    "$VFUSCOPE" decode -q -c cap 2> /dev/null > sum
    cat sum
    grep -qx '1 command never answered' sum
    grep -Eqx '  never answered: #[0-9]+ REGION_READ bar0\+0x20 of the client' sum
    "$VFUSCOPE" decode -q -c --json cap 2> /dev/null | tail -n 1 | jq -e '.unanswered == 1 and (.never_answered | length) == 1 and
        .never_answered[0].command_number == 9 and .waiting == []'
    # Nor where all were answered.
    "$VFUSCOPE" decode -q -c --json "$golden/edu.pcap" | tail -n 1 | jq -e '.never_answered == []'
}

# Counted anew by jq, of each message.
@test "the slowest, the histogram and each command's share of the time" {
    for capture in edu qemu-boot nvme-disk sample-client; do
        "$VFUSCOPE" decode --json "$golden/$capture.pcap" > all
        "$VFUSCOPE" decode -q -c --json "$golden/$capture.pcap" | tail -n 1 > sum.json
        jq -s '[.[] | select(.latency_us)]' all > replies
        diff <(jq -c 'sort_by(-.latency_us)[:5] | map([.reply_to, .no, .conn, .command, .latency_us])' replies) \
            <(jq -c '.slowest | map([.no, .reply, .conn, .command, .latency_us])' sum.json)
        jq -c '.histogram[]' sum.json > steps
        [ -s steps ]
        while read -r step; do
            jq -e --argjson s "$step" '($s.to_us // 1e12) as $to |
                ([.[] | select(.latency_us >= $s.from_us and .latency_us < $to)] | length) == $s.replies' replies
        done < steps
        jq -e --slurpfile r replies '([.histogram[].replies] | add) == ($r[0] | length)' sum.json
        jq -e '[.commands[].share // 0] | add | . > 0.99 and . < 1.01' sum.json
        jq -e --slurpfile r replies '($r[0] | map(.latency_us) | add) as $all | [.commands[] | select(.share)] | all(
            .command as $c | ([$r[0][] | select(.command == $c).latency_us] | add) / $all - .share | fabs < 0.001)' sum.json
    done
    # As people see it: the place, too.
    "$VFUSCOPE" decode -q -c "$golden/qemu-boot.pcap" | grep -qx 'slowest: 3.378ms  #29 REGION_READ config+0x30'
}

# half CALL TIME FLAGS: of a DEVICE_RESET, as strace logs it
half() {
    printf '10 170000%s.1 %s(3<UNIX-STREAM:[11->12]>, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="%s", %s\n' "$2" "$1" \
        "\\x05\\x00\\x0d\\x00\\x10\\x00\\x00\\x00\\x0$3\\x00\\x00\\x00\\x00\\x00\\x00\\x00" \
        'iov_len=16}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, 0) = 16'
}

@test "a reply that took a quarter of an hour is one of the histogram, too" {
    { half sendmsg 0000 0 && half recvmsg 0700 1; } > late
    run -0 "$VFUSCOPE" decode -q -c late
    grep -qE '^ *< 1000s +1 +#+$' <<< "$output"
    { half sendmsg 0000 0 && half recvmsg 2700 1; } > later
    run -0 "$VFUSCOPE" decode -q -c later
    grep -qE '^ *>= 1000s +1 +#+$' <<< "$output"
}

@test "it fits the terminal, of 60 columns, too; what matters least is left out, and bars are what there is room for" {
    for capture in messages qemu-boot nvme-disk edu; do
        for width in 60 79 80 120; do
            on_terminal $width "$VFUSCOPE" decode -q -c "$golden/$capture.pcap" > shown
            [ "$(wc -L < shown)" -le $width ]
            grep -q '^command ' shown
            COLUMNS=$width "$VFUSCOPE" decode -q -c "$golden/$capture.pcap" > shown
            [ "$(wc -L < shown)" -le $width ]
        done
    done
    on_terminal 60 "$VFUSCOPE" decode -q -c "$golden/qemu-boot.pcap" | grep -q '^command .*calls .*time'
    on_terminal 120 "$VFUSCOPE" decode -q -c "$golden/qemu-boot.pcap" | grep -q '^command .*bytes  .*min  .*p99  '
    # In UTF-8 bars are blocks, on a terminal; elsewhere ASCII.
    on_terminal 80 "$VFUSCOPE" decode -q -c "$golden/qemu-boot.pcap" | grep -q '█'
    LC_ALL=C on_terminal 80 "$VFUSCOPE" decode -q -c "$golden/qemu-boot.pcap" | lacks -aP '[^\x00-\x7f]'
    "$VFUSCOPE" decode -q -c "$golden/qemu-boot.pcap" | lacks -aP '[^\x00-\x7f]'
    "$VFUSCOPE" decode -q -c "$golden/qemu-boot.pcap" | grep -q '###'
}

@test "colours: on a terminal, not with NO_COLOR, --no-color or --color=never" {
    local esc=$'\033'
    summed() { on_terminal 80 "$VFUSCOPE" decode -q -c "$golden/edu.pcap" "$@"; }
    TERM=xterm NO_COLOR='' summed | grep -q "$esc\[33msuspicious"
    TERM=xterm NO_COLOR=1 summed | lacks "$esc"
    TERM=xterm NO_COLOR='' summed --no-color | lacks "$esc"
    TERM=xterm NO_COLOR='' summed --color=never | lacks "$esc"
    "$VFUSCOPE" decode -q -c --color=always "$golden/edu.pcap" | grep -q "$esc"
    NO_COLOR='' "$VFUSCOPE" decode -q -c "$golden/edu.pcap" | lacks "$esc"
}

@test "registers have their names; what plugins warn of stands above; those that said nothing are not spoken of" {
    VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    "$VFUSCOPE" decode -q -c "$golden/nvme-disk.pcap" > sum
    grep -q '^plugin nvme: [1-9]' sum
    lacks '^plugin virtio\|^plugin edu' sum
    grep -Eq '^config\+0x4 +25 +25  pci\.command$' sum
    grep -Eq '^bar0\+0x4 +9 +0  nvme\.cap\+4$' sum
    grep -q '#324 REGION_WRITE config+0x4 pci.command$' sum
    "$VFUSCOPE" decode -q -c --json "$golden/nvme-disk.pcap" | jq -e '.registers[0].register == "pci.command" and
        .slowest[1].register == "pci.command" and (.slowest[0] | has("register") | not)'
    VFUSCOPE_PLUGIN_PATH='' "$VFUSCOPE" decode -q -c --no-plugins "$golden/nvme-disk.pcap" | lacks 'pci\.command'
    "$VFUSCOPE" decode -q -c "$golden/qemu-boot.pcap" | lacks warns
    "$VFUSCOPE" decode -q -c "$golden/nvme-linux.pcap" > sum
    grep -q '^plugin nvme warns, #613: 1 command without a completion' sum
    [ "$(grep -n ' warns' sum | cut -d: -f1)" -lt "$(grep -n '^slowest' sum | cut -d: -f1)" ]
    "$VFUSCOPE" decode -q -c --json "$golden/nvme-linux.pcap" | jq -e '.warnings[0] | .plugin == "nvme" and .count == 1 and .first.no == 613'
    "$VFUSCOPE" decode -q -c --json "$golden/nvme-disk.pcap" | jq -e '.plugins | map(.plugin) | index("edu") != null'
}
