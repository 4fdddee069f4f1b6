# `vfuscope why`: the one finding of many, who waits for whom, and silence where nothing is wrong. The captures are written
# by tests/c/rules of conversations, as tests/rules has them.
load lib/common

golden=$BATS_TEST_DIRNAME/golden

# say NAME: the conversation on standard input becomes the capture NAME. `both` stands for VERSION and its reply, `device`
# for what a VMM asks at first.
say() {
    {
        echo 'keeps say-why'
        sed -e '/^both$/{s/.*//;r /dev/stdin
}' -e '/^$/d' 3<&0 /dev/fd/3 <<'END'
client VERSION json={"capabilities":{"max_msg_fds":8}}
server reply VERSION json={"capabilities":{"max_msg_fds":8}}
END
    } > "$1.txt"
    "$(dirname "$TOOLS")/c/rules" "$PWD/$1" all "$PWD/$1.txt" > "$1.log"
    lacks -q '^not ok' "$1.log"
}

why() {
    run "$VFUSCOPE" why "$@"
}

# has WORDS...: the page has them, wherever its lines are broken
has() {
    local page
    page=$(tr -s ' \n' ' ' <<< "$output")
    [[ $page == *"$*"* ]] || { printf 'lacks: %s\n%s\n' "$*" "$output"; return 1; }
}

hasnt() {
    local page
    page=$(tr -s ' \n' ' ' <<< "$output")
    [[ $page != *"$*"* ]] || { printf 'has: %s\n%s\n' "$*" "$output"; return 1; }
}

# json FILTER: of the object that `why --json` prints of $capture
json() {
    need jq jq
    "$VFUSCOPE" why --json "$capture" > json || true
    jq -e "$1" json > /dev/null || { jq . json; return 1; }
}

@test "boots and samples of real peers are fine" {
    for capture in "$golden"/{qemu-boot,nvme-*,virtio-*,sample-client}.pcap; do
        why "$capture"
        [ "$status" -eq 0 ]
        has "Nothing is wrong, as far as it can be seen."
        hasnt violation
        hasnt suspicious
        [ "${#lines[@]}" -le 14 ] # who they are, a migration, and what could not be seen
        json '.status == "fine" and .hangs == [] and [.findings[] | select(.usual | not)] == []'
    done
}

@test "what could not be seen, and which option shows it" {
    capture=$golden/qemu-boot.pcap
    why "$capture"
    has "accesses to bar2 where it is mapped (tap --expose mmio)"
    has "DMA into 13 of 34 mappings, which came with a descriptor (tap --expose dma)"
    has "interrupts, by 2 eventfds (tap --expose irq)"
    json '[.unseen[].option | values] == ["--expose=mmio","--expose=dma","--expose=irq"]'
}

@test "who the peers look like" {
    capture=$golden/qemu-boot.pcap
    why "$capture"
    has "Who the peers look like the client: QEMU 11"
    json '[.peers[] | .from] == ["client","server"] and (.peers[0].name | startswith("QEMU 11"))'
}

@test "a violation: who broke which rule, how often, and status 1" {
    say twice <<'END'
both
client DEVICE_GET_INFO argsz=8
server reply DEVICE_GET_INFO header.flags=0x21 header.error=22 raw=
client DEVICE_GET_INFO argsz=8
server reply DEVICE_GET_INFO header.flags=0x21 header.error=22 raw=
END
    capture=twice
    why twice
    [ "$status" -eq 1 ]
    has "The client breaks a rule (#3):"
    has "violation by the client, 2 times, first #3:"
    has "it was refused with EINVAL"
    has "[argsz-too-small]"
    hasnt "What was refused"
    has "vfuscope explain argsz-too-small"
    json '.status == "violations" and (.findings | length) == 1 and
        (.findings[0] | .rule == "argsz-too-small" and .severity == "violation" and .at_fault == "client" and .count == 2 and
        .messages == [3,4,5,6] and .error.name == "EINVAL")'
    why --ignore argsz-too-small twice
    [ "$status" -eq 0 ]
}

@test "of a rule that was broken several times: what holds of one message is not said of another" {
    say several <<'END'
both
client REGION_READ offset=0 region=bar0 count=4
server reply REGION_READ offset=0 region=bar0 count=4 data=00000000
client REGION_READ offset=0 region=bar2 count=4
server reply REGION_READ header.flags=0x21 header.error=22 raw=
END
    capture=several
    why several
    has "suspicious: the client, 2 times, first #3: bar0 is accessed, its info was not asked for [region-not-asked] #5 was refused with EINVAL"
    hasnt "it was refused"
    json '.findings[0] | .refused == "REGION_READ" and .refused_no == 5 and .messages == [3,5,6]'
    # Near it: the first one was, and of a refusal without a rule the first is why
    say first <<'END'
both
client REGION_READ offset=0 region=bar0 count=4
server reply REGION_READ header.flags=0x21 header.error=22 raw=
client REGION_READ offset=0 region=bar2 count=4
server reply REGION_READ offset=0 region=bar2 count=4 data=00000000
END
    capture=first
    why first
    has "2 times, first #3: bar0 is accessed, its info was not asked for [region-not-asked] it was refused with EINVAL"
    json '.findings[0].refused_no == 3'
    say guessed <<'END'
both
client DEVICE_GET_REGION_INFO index=bar0
server reply DEVICE_GET_REGION_INFO index=bar0 size=4K flags=read|write
client REGION_READ offset=0 region=bar0 count=3
server reply REGION_READ header.flags=0x21 header.error=22 raw=
client REGION_READ offset=0 region=bar0 count=5
server reply REGION_READ header.flags=0x21 header.error=22 raw=
END
    why guessed
    has "REGION_READ refused with EINVAL, 2 times, first #6 the first perhaps because 3 bytes at once"
}

@test "a misfit is status 1, and nobody's fault need be known" {
    say misfit <<'END'
both
client DEVICE_GET_INFO
server reply DEVICE_GET_INFO flags=reset|pci num_regions=9 num_irqs=5
client DEVICE_GET_REGION_INFO index=bar2
server reply DEVICE_GET_REGION_INFO index=bar2 size=12K flags=read|write
END
    capture=misfit
    why misfit
    [ "$status" -eq 1 ]
    has "What does not fit together"
    has "bar2 has 0x3000 bytes"
    json '.status == "misfits" and .findings[0].misfit == "bar-size" and .findings[0].severity == "misfit"'
}

@test "what is suspicious is a hint: status 0" {
    say odd <<'END'
both
client REGION_READ offset=0 region=bar0 count=4
server reply REGION_READ offset=0 region=bar0 count=4 data=00000000
END
    capture=odd
    why odd
    [ "$status" -eq 0 ]
    has "What is suspicious"
    has "suspicious: the client, #3: bar0 is accessed, its info was not asked for [region-not-asked]"
    json '.status == "hints" and .findings[0].severity == "suspicious"'
}

@test "what a connection as a whole says: memory by message that nobody asked for, descriptors that never came" {
    say memory <<'END'
both
client DMA_MAP address=0 size=512M flags=readable|writeable
server reply DMA_MAP
closed client
END
    capture=memory
    run --separate-stderr "$VFUSCOPE" why memory
    [ "$status" -eq 0 ]
    [ -z "$stderr" ]
    has "No rule is broken, but: all 512M of memory came without a descriptor"
    json '.status == "hints" and .findings[0].hint == "memory-by-message"'
    # Near it: the server asked
    say asked <<'END'
both
client DMA_MAP address=0 size=512M flags=readable|writeable
server reply DMA_MAP
server DMA_READ address=0 count=4
client reply DMA_READ address=0 count=4 data=00000000
closed client
END
    capture=asked
    json '[.findings[] | select(.hint)] == []'
    say lost <<'END'
both
client DEVICE_GET_IRQ_INFO index=msix
server reply DEVICE_GET_IRQ_INFO index=msix count=4 flags=eventfd
client DEVICE_SET_IRQS index=msix start=0 count=4 flags=eventfd|trigger
server reply DEVICE_SET_IRQS
closed client
END
    capture=lost
    why lost
    has "no descriptor came from the client"
    # what bears it out stands below it, and is no finding of its own
    hasnt "What is suspicious"
    json '[.findings[] | select(.usual | not)] | length == 1 and .[0].hint == "no-client-descriptor" and .[0].messages == [5]'
}

@test "a refusal without a known reason says so, one that is usual is not worth a word" {
    say refused <<'END'
both
client DEVICE_RESET
server reply DEVICE_RESET header.flags=0x21 header.error=16
client DMA_UNMAP address=0 size=4K
server reply DMA_UNMAP header.flags=0x21 header.error=2 raw=
END
    capture=refused
    why refused
    [ "$status" -eq 0 ]
    has "DEVICE_RESET refused with EBUSY, #4; why is not known"
    has "Seen, and usual:"
    json '.status == "hints" and ([.findings[] | select(.refused == "DMA_UNMAP")] | all(.usual))'
}

@test "a refusal with its reason stands below the rule that the command broke" {
    say reason <<'END'
both
client DEVICE_GET_REGION_INFO index=bar0
server reply DEVICE_GET_REGION_INFO index=bar0 size=4K flags=read|write
client REGION_READ offset=4096 region=bar0 count=4
server reply REGION_READ header.flags=0x21 header.error=22 raw=
END
    capture=reason
    why reason
    [ "$status" -eq 1 ]
    has "because bar0 ends at 0x1000 (#4) [region-end]"
    hasnt "What was refused"
    json '(.findings | length) == 1 and .findings[0].rule == "region-bounds" and .findings[0].reason == "region-end"'
}

@test "a hang: who waits for whom, for what, since when, and what moved last" {
    say hang <<'END'
both
client DEVICE_GET_REGION_INFO index=bar0
server reply DEVICE_GET_REGION_INFO index=bar0 size=4K flags=read|write
client REGION_READ offset=0 region=bar0 count=4
wait 7
END
    capture=hang
    why hang
    [ "$status" -eq 1 ]
    has "It hangs: the client waits for the server's reply to its REGION_READ (#5), for 7.0 s."
    has "the client waits for the server's reply to #5, REGION_READ id 3, for 7.0 s"
    has "the server owes it"
    has "the last thing that moved: #4, the server's reply to DEVICE_GET_REGION_INFO"
    hasnt never-answered
    json '.verdict == .hangs[0].text and (.verdict | startswith("It hangs: the client waits"))'
    json '.status == "hangs" and (.hangs[0] | .who == "client" and .whom == "server" and .no == 5 and .at_fault == "server"
        and .command == "REGION_READ" and .waiting_ms >= 7000 and .last_moved.no == 4) and .findings == []'
}

@test "what lay unread when attach came, and was not read: who does not read, and what" {
    say unread <<'END'
middle
unread client 9
wait 5
client DMA_UNMAP address=0 size=4K
END
    capture=unread
    why unread
    [ "$status" -eq 1 ]
    has "It hangs: the server does not read the client's REGION_READ, for 5.0 s."
    has "the server's process 4711 (dev) has not read the client's REGION_READ id 9"
    json '.hangs[0].waits_for == "unread" and .hangs[0].pid == 4711 and .hangs[0].id == 9'
    # Near it: the server goes on
    say goes_on <<'END'
middle
unread client 9
wait 5
server DMA_READ address=0 count=4
END
    capture=goes_on
    json '.hangs == []'
}

@test "two that wait for each other are one hang of both, and nobody is named" {
    say both <<'END'
both
client DMA_MAP address=0 size=64K flags=readable
server reply DMA_MAP
client DEVICE_RESET
server DMA_READ address=0 count=4
wait 7
END
    capture=both
    why both
    [ "$status" -eq 1 ]
    has "It hangs: both sides wait for each other, the client for the reply to its DEVICE_RESET (#5), for 7.0 s."
    has "the other side waits, too"
    hasnt "owes it"
    json '.hangs | length == 2 and all(.both)'
}

@test "reasons for one refusal stand below it; that it broke a rule is said once" {
    say reasons <<'END'
both
client DEVICE_FEATURE flags=set feature=MIG_DEVICE_STATE device_state=PRE_COPY
server reply DEVICE_FEATURE header.flags=0x21 header.error=22 raw=
client DEVICE_GET_INFO argsz=8
server reply DEVICE_GET_INFO header.flags=0x21 header.error=22 raw=
END
    why reasons
    has "DEVICE_FEATURE refused with EINVAL, #4 perhaps because"
    [ "$(grep -c 'DEVICE_FEATURE refused with EINVAL' <<< "$output")" -eq 1 ]
    hasnt rule-broken
}

@test "what waits at the end hangs after --overdue, also where no event tells; before that it is unanswered" {
    say silent <<'END'
both
client DEVICE_RESET
END
    why silent
    [ "$status" -eq 0 ]
    hasnt "What hangs"
    # 1 us apart: with a shorter patience it hangs
    why --overdue 1ns silent
    [ "$status" -eq 1 ]
    has "the client waits for the server's reply to #3, DEVICE_RESET"
}

@test "a reply that came after all is late, and no hang" {
    say late <<'END'
both
client DEVICE_RESET
wait 2
server reply DEVICE_RESET
END
    capture=late
    why late
    [ "$status" -eq 0 ]
    has "1 reply came late, the slowest after 2.0 s (to #3)"
    json '.status == "hints" and .hangs == [] and .late == 1'
}

@test "half a message: the one who stopped is named, and the silence behind it is no finding of its own" {
    say half <<'END'
both
client DEVICE_RESET
stalled server 10
wait 7
closed client
END
    capture=half
    why half
    [ "$status" -eq 1 ]
    has "It hangs: the server sent 10 of a header's 16 bytes, and then nothing"
    has "suspicious: the server"
    hasnt never-answered
    json '.hangs[0].waits_for == "rest" and .hangs[0].at_fault == "server" and
        [.findings[] | select(.usual | not) | .rule] == ["stalled"]'
}

@test "where framing was lost, what comes of it is counted, not told" {
    say lost <<'END'
both
client DEVICE_RESET
client DEVICE_GET_INFO
unframed server a header with size 0, less than a header
client REGION_READ offset=0 region=bar0 count=4
wait 7
closed client
END
    capture=lost
    why lost
    [ "$status" -eq 1 ]
    has "It hangs, after the server broke a rule: a header with size 0, less than a header"
    has "it follows from what is told below: size-impossible"
    has "[size-impossible]"
    hasnt never-answered
    json '.findings[0].rule == "size-impossible"'
}

@test "of a wrong reply and the command that waits for ever the wrong reply is the one" {
    say wrong <<'END'
both
client DEVICE_RESET header.id=7
server reply DEVICE_RESET header.id=9
wait 7
closed client
END
    capture=wrong
    why wrong
    [ "$status" -eq 1 ]
    has "It hangs, after the server broke a rule:"
    has "the client waits for the server's reply to its DEVICE_RESET (#3), for 7.0 s."
    has "it follows from what is told below: reply-without-command"
    hasnt "[overdue]"
    json '[.findings[] | select(.usual | not) | .rule] == ["reply-without-command"] and
        .hangs[0].follows == "reply-without-command"'
    # Near it: the wrong one came before, and was another's
    say other <<'END'
both
server reply DEVICE_RESET header.id=9
client DEVICE_RESET header.id=7
wait 7
END
    capture=other
    json '.hangs[0] | has("follows") | not'
}

@test "what a refusal of VERSION brings about follows from it" {
    say refusal <<'END'
client VERSION json={"capabilities":{"max_msg_fds":8}}
server reply VERSION header.flags=0x21 header.error=22 raw=
client VERSION json={"capabilities":{"max_msg_fds":8}}
wait 2
closed client
END
    capture=refusal
    json '[.findings[] | select(.usual | not)] | length == 1 and .[0].refused == "VERSION"'
    json '.hangs[0].follows == "VERSION refused"'
}

@test "DMA into what the server refused to map follows from the refusal, elsewhere it does not" {
    say dma <<'END'
both
client DMA_MAP address=64K size=64K flags=readable
server reply DMA_MAP header.flags=0x21 header.error=28
server DMA_READ address=68K count=4
client reply DMA_READ header.flags=0x21 header.error=14 raw=
END
    capture=dma
    json '[.findings[] | select(.usual | not)] | length == 1 and .[0].refused == "DMA_MAP" and
        .[0].followers[0].rule == "dma-outside"'
    sed 's/address=68K/address=1M/' dma.txt > elsewhere
    sed -i 1d elsewhere
    say far < elsewhere
    capture=far
    json '.findings[0].rule == "dma-outside"'
}

@test "the worse stands above, whatever came first" {
    say order <<'END'
both
client REGION_READ offset=0 region=bar0 count=4
server reply REGION_READ offset=0 region=bar0 count=4 data=00000000
client DEVICE_RESET
server reply DEVICE_RESET header.flags=0x21 header.error=16
client DMA_MAP address=64K size=0 flags=readable
server reply DMA_MAP
END
    capture=order
    json '[.findings[] | .rule // .refused] == ["map-size","region-not-asked","DEVICE_RESET"]'
    why order
    has "Which rules of the protocol were broken"
    [[ $output == *map-size*region-not-asked*DEVICE_RESET* ]]
}

@test "a capture that begins in the middle, or lacks messages, accuses nobody" {
    say middle <<'END'
middle
client REGION_READ offset=0 region=bar0 count=4
server reply REGION_READ offset=0 region=bar0 count=4 data=00000000
END
    why middle
    [ "$status" -eq 0 ]
    has "Nothing is wrong"
    has "how it began"
    say gap <<'END'
both
client DEVICE_RESET
lost 3
wait 7
END
    capture=gap
    why gap
    [ "$status" -eq 0 ]
    has "3 messages that are missing"
    json '.hangs == []'
}

@test "a number that the capture cut off is not 0" {
    say cut <<'END'
both
client DEVICE_GET_REGION_INFO index=bar2
server reply DEVICE_GET_REGION_INFO index=bar2 size=4K flags=read|write|mmap fds=memfd keep=24
client DEVICE_FEATURE flags=get feature=MIGRATION
server reply DEVICE_FEATURE flags=get feature=MIGRATION migration_flags=0 keep=24
client DEVICE_FEATURE flags=set feature=MIG_DEVICE_STATE device_state=STOP_COPY keep=24
server reply DEVICE_FEATURE flags=set feature=MIG_DEVICE_STATE device_state=STOP_COPY keep=24
client MIG_DATA_READ argsz=64 size=64 keep=20
server reply MIG_DATA_READ argsz=64 size=3 data=000000 keep=20
END
    capture=cut
    why cut
    has "accesses to a region whose number was cut off where it is mapped"
    hasnt "accesses to bar0"
    has "the last state is an unknown state (#8); how many bytes of its data were moved was cut off"
    hasnt ERROR
    json '.unseen[0].option == "--expose=mmio" and (.migration[0] | has("device_state") | not)'
    # Near it: it is there
    sed -e '1d; s/ keep=[0-9]*//' cut.txt > uncut
    say whole < uncut
    capture=whole
    why whole
    has "accesses to bar2 where it is mapped"
    json '.migration[0].device_state_name == "STOP_COPY"'
    # The summary counts vectors
    say irq <<'END'
both
client DEVICE_SET_IRQS index=msix start=0 count=1 flags=eventfd|trigger fds=eventfd keep=24
server reply DEVICE_SET_IRQS
client DEVICE_SET_IRQS index=msi start=0 count=1 flags=eventfd|trigger fds=eventfd
server reply DEVICE_SET_IRQS
END
    "$VFUSCOPE" decode -q -c irq > summary
    grep -q '^msi  *1 ' summary
    lacks '^intx' summary
    # Memory that came by message, of which a descriptor came for some; and a server that asked for it
    say memory <<'END'
both
client DMA_MAP address=0 size=512M flags=readable|writeable
server reply DMA_MAP
client DMA_MAP address=1G size=512M flags=readable|writeable fds=memfd:512M keep=24
server reply DMA_MAP
closed client
END
    capture=memory
    json '[.findings[] | select(.hint)] == []'
    say asked <<'END'
both
client DMA_MAP address=0 size=512M flags=readable|writeable
server reply DMA_MAP
server DMA_READ address=0 count=4 keep=16
client reply DMA_READ address=0 count=4 data=00000000
closed client
END
    capture=asked
    json '[.findings[] | select(.hint)] == []'
}

@test "foreign and damaged files, standard input, wrong options" {
    echo "no capture" > foreign
    run -1 "$VFUSCOPE" why foreign
    run -2 "$VFUSCOPE" why nothing-there
    run -2 "$VFUSCOPE" why
    run -2 "$VFUSCOPE" why --overdue soon "$golden/edu.pcap"
    run -2 "$VFUSCOPE" why --ignore no-rule "$golden/edu.pcap"
    run -0 "$VFUSCOPE" why - < "$golden/qemu-boot.pcap"
    # ^C ends a wait for more, and what came is judged
    mkfifo fifo
    start why "$VFUSCOPE" why fifo
    exec 6> fifo
    cat "$golden/qemu-boot.pcap" >&6
    stop why INT
    exec 6>&-
    [ "$status" -eq 130 ]
    run bash -c '"$0" why "$1" > /dev/full' "$VFUSCOPE" "$golden/edu.pcap"
    [ "$status" -eq 1 ]
    head -c 20000 "$golden/qemu-boot.pcap" > cut
    why cut
    [ "$status" -eq 1 ]
    has "Nothing is wrong"
    has "vfuscope: cut:"
}

@test "the page is at most 80 columns wide, whatever peers wrote" {
    why "$golden/messages.pcap"
    [ "$status" -eq 1 ]
    [ "$(awk '{ if (length($0) > most) most = length($0) } END { print most }' <<< "$output")" -le 80 ]
}

@test "a tap says why at its prompt and at SIGUSR1" {
    serve
    mkfifo typed
    start tap bash -c "exec '$VFUSCOPE' tap t s -q -i < typed"
    exec 7> typed
    await_that test -S t
    run "$VFUSCOPE" shell --raw t -c 'send DMA_MAP address=0 size=0 flags=readable' -c 'send DEVICE_GET_INFO argsz=8'
    echo why >&7
    await_text tap.err 'The client breaks a rule'
    await_text tap.err 'vfuscope explain'
    : > tap.err
    kill -USR1 "${STARTED[tap]}"
    await_text tap.err 'Which rules of the protocol were broken'
    await_text tap.err 'command .*calls'
    exec 7>&-
    stop tap
}

@test "a shell at a tap's control socket asks it why, in text and JSON" {
    need jq jq
    serve
    tap -q --control "$T/control"
    mkfifo fifo
    start client bash -c 'exec "$0" shell --raw t --json < fifo' "$VFUSCOPE"
    exec 9> fifo
    echo 'send DEVICE_GET_INFO argsz=8' >&9
    echo 'expect error EINVAL' >&9
    echo 'read bar0' >&9
    await_text client.out '"read"'
    run -0 "$VFUSCOPE" shell --tap "$T/control" -c why
    has "The client breaks a rule"
    has "[argsz-too-small]"
    "$VFUSCOPE" shell --tap "$T/control" --json -c why > json
    jq -e '.command == "why" and .ok and .why.status == "violations" and .why.findings[0].rule == "argsz-too-small"' json
    run -1 "$VFUSCOPE" shell --raw s --no-negotiate -c why
    [[ $output == *"only a tap is asked for that"* ]]
    stop tap
    exec 9>&-
}

@test "a tap whose client waits for VERSION is asked without negotiating" {
    start server python3 -c '
import socket, time
s = socket.socket(socket.AF_UNIX); s.bind("s"); s.listen()
c, _ = s.accept()
time.sleep(1000)'
    await_that test -S s
    tap -q --control "$T/control" --overdue 100ms
    start client "$VFUSCOPE" shell --raw t -c 'timeout 100s' -c 'read bar0'
    await_that bash -c '"$0" shell --tap control --no-negotiate --json -c why | jq -e ".why.status == \"hangs\""' "$VFUSCOPE"
    run -0 "$VFUSCOPE" shell --tap "$T/control" --no-negotiate -c why
    has "the client waits for the server's reply to its VERSION"
    # and what both processes do meanwhile
    has "server ${STARTED[server]} (python3)"
    stop tap
}

# A client that sends a read after VERSION, and takes what comes until the end.
raw_client() {
    python3 - "$T/t" << 'END'
import socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
def send(command, body): s.sendall(struct.pack('<HHIII', 9, command, 16 + len(body), 0, 0) + body)
send(1, struct.pack('<HH', 0, 0) + b'{"capabilities":{"max_msg_fds":8}}\0')
s.recv(4096)
send(9, struct.pack('<QII', 0x10, 0, 4))
s.recv(4096)
END
}

@test "a server whose process died: how, and on which command; one that only closes has not" {
    need jq jq
    start fake python3 -c 'import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(3600)' \
        python3 "$BATS_TEST_DIRNAME/lib/fake_server.py" "$T/s" crashing
    await_text fake.err '^listening on ' fake
    tap -q -w died
    raw_client
    stop tap
    stop fake
    capture=died
    why died
    [ "$status" -eq 1 ]
    has "was killed by signal 11"
    has "on the client's REGION_READ (#3)."
    has "Who died"
    hasnt never-answered
    json '.status == "hangs" and (.hangs | length) == 1 and (.hangs[0] | .waits_for == "died" and .who == "client" and
        .signal == 11 and .no == 3 and .command == "REGION_READ")'
    rm s
    start fake python3 "$BATS_TEST_DIRNAME/lib/fake_server.py" "$T/s" closing
    await_text fake.err '^listening on ' fake
    tap -q -w closed
    raw_client
    stop tap
    capture=closed
    json '.status != "hangs" and .hangs == []'
}

@test "a server that was killed while its client used it has died, though nothing was asked of it; one asked to end has not" {
    need jq jq
    # Below something suspicious, which is not the verdict then
    killed() {
        say killed <<END
both
client REGION_READ offset=0 region=bar0 count=4
server reply REGION_READ offset=0 region=bar0 count=4 data=00000000
closed $*
END
        capture=killed
        why killed
    }
    killed server signal 9
    [ "$status" -eq 1 ]
    has "The server's process 4711 (dev) was killed by signal 9 (Killed)."
    has "Who died connection 1: the server's process 4711 (dev) was killed by signal 9 (Killed)"
    json '.status == "hangs" and (.hangs[0] | .waits_for == "died" and .who == "client" and .signal == 9)'
    for how in 'server signal 15' 'server signal 2' 'server signal 1' 'server status 0' 'client signal 9' 'server'; do
        killed $how
        [ "$status" -eq 0 ]
        hasnt "Who died"
        json '.status == "hints" and .hangs == []'
    done
}

@test "what the tap changed itself is told before what is only suspicious, and is no violation" {
    need jq jq
    serve
    tap -q -w cap --inject 'command == REGION_READ and offset == 4:error=EIO' --inject 'command == DEVICE_RESET:dropfds'
    run -0 "$VFUSCOPE" shell --raw t -c 'read bar0+4' -c 'expect error EIO' -c 'read bar0+4' \
        -c 'expect error EIO' -c 'read bar0' -c reset
    stop tap
    capture=cap
    why cap
    [ "$status" -eq 0 ]
    no=$("$VFUSCOPE" decode --json cap | jq -s '[.[] | select(.event == "injected") | .no][0]')
    # Not of DEVICE_RESET: there was no descriptor to drop
    [[ $(tr -s ' \n' ' ' <<< "$output") == "The tap changed 2 messages, first #$no (command == REGION_READ and offset == 4:error=EIO): what follows from that is its doing."* ]]
    has "What the tap changed"
    hasnt "by the tap"
    json ".tap_changed == {count: 2, first: $no, spec: \"command == REGION_READ and offset == 4:error=EIO\", unanswered: []}"
    # Near it: what it only showed, and what it exposed
    tap -q -w cap --inject 'command == DEVICE_RESET:dropfds' --expose mmio
    run -0 "$VFUSCOPE" shell --raw t -c 'read bar0' -c reset
    stop tap
    why cap
    hasnt "The tap changed"
    json 'has("tap_changed") | not'
}

@test "what the tap dropped has no reply, which is said: of a command and of a reply" {
    need jq jq
    serve
    for type in command reply; do
        tap -q -w cap --overdue 100ms --inject "command == DEVICE_RESET and type == $type:drop"
        run -1 "$VFUSCOPE" shell --raw t -c 'timeout 1200ms' -c reset
        stop tap
        capture=cap
        why cap
        [ "$status" -eq 0 ]
        has "The tap changed 1 message, #"
        hasnt "not for long"
        hasnt "What hangs"
        if [ "$type" = command ]; then
            has "the client's DEVICE_RESET id"
            has ": dropped by the tap, no reply came for 1."
            json '.tap_changed.unanswered[0] | .command == "DEVICE_RESET" and .dropped and .from == "client" and
                (.reply | not) and .waiting_ms >= 1100'
        else
            has "the server's reply to DEVICE_RESET id"
            has ": dropped by the tap"
            json '.tap_changed.unanswered[0] | .command == "DEVICE_RESET" and .dropped and .from == "server" and .reply'
        fi
        json '.waiting == 0 and .hangs == [] and .status != "violations"'
    done
    # Near it: it came after all, late, by the tap's doing
    tap -q -w cap --inject 'command == DEVICE_RESET:delay=1100ms'
    run -0 "$VFUSCOPE" shell --raw t -c reset
    stop tap
    why cap
    has "The tap changed 1 message, #"
    hasnt "by the tap"
    json '.tap_changed.unanswered == []'
}

@test "before anything came no time has passed" {
    serve
    tap -q --control ctl
    run "$VFUSCOPE" shell --tap ctl -c why
    [[ $output == *'(0 messages on 0 connections in 0'* ]]
}
