# The rules of the protocol as a person meets them: options, exit status, summary, and that clean runs are clean. What
# breaks and keeps each rule is in tests/rules, run by tests/c/rules.c.
load lib/common

golden=$BATS_TEST_DIRNAME/golden

@test "real boots and samples break no rule" {
    run -0 "$VFUSCOPE" decode "$golden/qemu-boot.pcap" -q --fail-on suspicious
    run -0 "$VFUSCOPE" decode "$golden/edu.pcap" -q --fail-on violation
    # The sample client reads a region 0xdeadbeef, to see it refused.
    run -0 "$VFUSCOPE" decode "$golden/sample-client.pcap" -q --fail-on violation --ignore no-such-region
}

@test "serve and the shell break none between them, with and without a twin socket" {
    serve
    tap -q -c --fail-on violation
    shell --raw -c info -c regions -c irqs -c config -c "read bar0 l" -c "dma map 0x10000 64K --message" \
        -c "mem fill 0x10000 4K 7" -c "write bar0+0x80 q 0x10000" -c "write bar0+0x88 q 0x40000" \
        -c "write bar0+0x90 q 4096" -c "write bar0+0x98 q 1" -c "poll bar0+0x98 q & 1 == 0" -c "irq arm msix 0-1" \
        -c "irq disarm msix" -c reset -c "dma unmap 0x10000 64K"
    shell --raw --caps '{"capabilities":{"max_msg_fds":8}}' -c info -c "dma map 0 64K --message" \
        -c "write bar0+0x88 q 0x40000" -c "write bar0+0x90 q 16" -c "write bar0+0x98 q 1" -c "poll bar0+0x98 q & 1 == 0"
    stop tap
    cat tap.out
    [ "$status" -eq 0 ]
    lacks -q violation tap.out
}

@test "the tap's exit status says that a rule was broken" {
    serve
    tap -q --fail-on violation
    shell --raw -c "send DEVICE_GET_INFO argsz=8" || true
    stop tap
    [ "$status" -eq 1 ]
    tap -q --fail-on violation --ignore argsz-too-small --ignore crossing
    shell --raw -c "send DEVICE_GET_INFO argsz=8" || true
    stop tap
    [ "$status" -eq 0 ]
}

@test "what real peers break is a violation only when asked to be strict" {
    sample=("$VFUSCOPE" decode "$golden/sample-client.pcap" -q --ignore no-such-region)
    run -0 "${sample[@]}" --fail-on violation
    run -1 "${sample[@]}" --fail-on suspicious
    run -1 "${sample[@]}" --fail-on violation --strict
    run -0 "$VFUSCOPE" decode "$golden/sample-client.pcap" -q --fail-on suspicious --ignore all
}

@test "the summary counts by rule, with the first one" {
    need jq jq
    run -0 "$VFUSCOPE" decode "$golden/sample-client.pcap" -q -c
    [[ $output == *"suspicious: the server: capability-not-offered, #2: migration was not proposed"* ]]
    "$VFUSCOPE" decode "$golden/sample-client.pcap" -q -c --json | jq -e '.problems[0] == {"rule":"capability-not-offered",
        "severity":"suspicious","count":1,
        "first":{"no":2,"conn":1,"at_fault":"server","text":"migration was not proposed"}}'
    "$VFUSCOPE" decode "$golden/qemu-boot.pcap" -q -c --json | jq -e '.problems == []'
    lacks -q '"problems"' <("$VFUSCOPE" decode "$golden/sample-client.pcap" --json --ignore all)
}

@test "a capture that holds a part of the messages accuses nobody of the others" {
    run -0 "$VFUSCOPE" decode "$golden/qemu-boot.pcap" -q --filter 'command == REGION_READ or command == DMA_UNMAP' \
        --filter-capture -w part
    run -0 "$VFUSCOPE" decode part -q --fail-on suspicious
    # What the whole captures break is left out.
    ignored=(--ignore capability-not-offered --ignore migration-padded --ignore no-such-region)
    for capture in qemu-boot sample-client edu; do
        [ "$capture" != edu ] || ignored+=(--ignore region-not-asked)
        for size in 16 18 20 24 28 32 33 40 47 48 60; do
            "$VFUSCOPE" decode "$golden/$capture.pcap" -q -s "$size" -w cut
            run -0 "$VFUSCOPE" decode cut -q -c --fail-on suspicious "${ignored[@]}"
        done
    done
}

@test "the rules are listed, and the same twice" {
    run -0 "$VFUSCOPE" help rules
    [[ $(tr -s ' \n' ' ' <<< "$output") == *"reply-to-no-reply violation a command with No_reply gets no reply (Header)"* ]]
    [ "$output" = "$("$VFUSCOPE" decode --rules)" ]
    [ "$output" = "$("$VFUSCOPE" tap --rules)" ]
}

# conversation KIND NAME: those of tests/rules with that heading, in the capture `talk`
conversation() {
    (cd "$BATS_TEST_DIRNAME/.." && "$(dirname "$TOOLS")/c/rules" "$T/talk" "$@")
}

@test "misfits stand where they are learnt, in text, JSON, summary, filters and captures, and can be left out" {
    need jq jq
    conversation breaks msi-count
    run -0 --separate-stderr "$VFUSCOPE" decode talk
    [[ $output == *" msi 3 vectors eventfd  1.0us
        ! misfit: the server: msi has 3 vectors: MSI has a power of two, 32 at most [msi-count]
"* ]]
    "$VFUSCOPE" decode talk --json | jq -es '[.[] | select(.problems)] | length == 3 and (.[0] | .command == "DEVICE_GET_IRQ_INFO"
        and .problems == [{"rule":"msi-count","severity":"misfit","at_fault":"server",
            "text":"msi has 3 vectors: MSI has a power of two, 32 at most"}])'
    [ "$("$VFUSCOPE" decode talk --filter 'problem == msi-count' | grep -c '! misfit: ')" -eq 3 ]
    run -0 --separate-stderr "$VFUSCOPE" decode talk -q -c
    [[ $output == *"misfit: the server: msi-count, 3 times, first #6: msi has 3 vectors: "* ]]
    # What is cut off was recorded before.
    "$VFUSCOPE" decode talk -q -w cut -s 28
    [ "$("$VFUSCOPE" decode cut | grep -c '! misfit: ')" -eq 3 ]
    lacks -q misfit <("$VFUSCOPE" decode cut --ignore msi-count)
    lacks -q misfit <("$VFUSCOPE" decode talk --ignore msi-count --json)
    "$VFUSCOPE" help rules | tr -s ' \n' ' ' | grep -q " msi-count misfit MSI's vectors are a power of two, 32 at most "
}

@test "a misfit that is nobody's fault accuses nobody" {
    need jq jq
    conversation breaks version-qemu-refuses
    "$VFUSCOPE" decode talk | grep -q '^        ! misfit: QEMU refuses this: max_msg_fds is 17, '
    "$VFUSCOPE" decode talk --json > events
    jq -es '[.[].problems[]? | select(.rule == "version-qemu-refuses")] | length > 0 and all(has("at_fault") | not)' events
    "$VFUSCOPE" decode talk -q -c --json | jq -e '.problems[] | select(.rule == "version-qemu-refuses").first | has("at_fault") | not'
    "$VFUSCOPE" decode talk -q -w again
    diff events <("$VFUSCOPE" decode again --json)
}

@test "--fail-on misfit: a misfit or worse" {
    for kept in intx-count bar-size; do
        conversation breaks $kept
        run -0 "$VFUSCOPE" decode talk -q --fail-on violation
        run -1 "$VFUSCOPE" decode talk -q --fail-on misfit
        run -1 "$VFUSCOPE" decode talk -q --fail-on suspicious
        run -0 "$VFUSCOPE" decode talk -q --fail-on misfit --ignore $kept
        conversation keeps $kept
        run -0 "$VFUSCOPE" decode talk -q --fail-on suspicious --ignore info-index
    done
    run -0 "$VFUSCOPE" decode "$golden/sample-client.pcap" -q --fail-on misfit --ignore no-such-region # what is suspicious
    conversation breaks region-bounds
    run -1 "$VFUSCOPE" decode talk -q --fail-on misfit
}

@test "wrong words are usage errors" {
    run -2 "$VFUSCOPE" decode "$golden/edu.pcap" --ignore nonsense
    [[ $output == *"--ignore nonsense: no such rule (--rules lists them)"* ]]
    run -2 "$VFUSCOPE" decode "$golden/edu.pcap" --fail-on error
    run -2 "$VFUSCOPE" tap a b --ignore nonsense
    [ ! -e a ]
}

@test "vfio-user(7) has every command, field and rule" {
    need mandoc mandoc
    page=$(dirname "$VFUSCOPE")/man/vfio-user.7
    run -0 mandoc -T lint -W warning "$page"
    mandoc -T utf8 "$page" | sed 's/.\x08//g' > text
    for command in VERSION DMA_MAP DEVICE_GET_REGION_IO_FDS DMA_WRITE REGION_WRITE_MULTI MIG_DATA_WRITE; do
        grep -Eq "^ +[0-9]+ $command\$" text
    done
    # Some of the fields, by hand.
    sed -n '/ 2 DMA_MAP$/,/ 3 DMA_UNMAP$/p' text | grep -Eq '^ +16 +8 +address$'
    sed -n '/ 8 DEVICE_SET_IRQS$/,/ 9 REGION_READ$/p' text | grep -Eq '^ +12 +4 +start$'
    for field in shadow_offset migration_flags page_size ranges iova nr_areas subtype user_data wr_cnt device_state; do
        grep -Eq "^ +[0-9]+ +[0-9]* +$field( |\$)" text
    done
    # When a field is there, and a descriptor; of a form, of an item, of a reply.
    tr -s ' \n' ' ' < text > words
    for said in 'cap_offset if flags has caps' 'bitmap see below; if flags has get_dirty_bitmap' \
        'shadow_offset if an item has 48 bytes or more and type is not ioregionfd' 'There is one if flags has mmap.' \
        'room all further bytes; if the payload is not longer than argsz, and then it may be missing' \
        'If feature is MIG_DEVICE_STATE and flags has get or set and the payload has 9 bytes or more:' \
        'If feature is DMA_LOGGING_STOP ' 'bitmap all further bytes; if this is a reply'; do
        grep -qF "$said" words || { echo "lacks: $said"; false; }
    done
    # What is always there has none.
    grep -qF '12 4 cap_offset 16 8 size bytes' words
    "$VFUSCOPE" help rules | grep -v '^ ' | cut -d' ' -f1 | while read -r rule; do
        grep -q "^\.It Cm $rule\$" "$page"
    done
    run -1 grep '@' "$page"
}

@test "the shell says what the server does against the rules, not what its person does" {
    start fake python3 "$BATS_TEST_DIRNAME/lib/fake_server.py" "$T/s" fds
    await_text "$T/fake.err" '^listening on ' fake
    run -0 --separate-stderr shell --raw -c "read bar0+0"
    [ "$output" = 0x11223344 ]
    [[ $stderr == *"the server breaks a rule: 3 descriptors, at most 0 belong here [fd-unexpected]"* ]]
    run --separate-stderr shell --raw -c "send DEVICE_RESET header.flags=0x40"
    [[ $stderr != *"breaks a rule"* ]]
}

@test "what check does to a good server is never the server's fault" {
    serve
    tap -o messages
    run -0 timeout "$LIMIT" "$VFUSCOPE" check "$T/t" --write --timeout "$LIMIT"
    stop tap
    run -1 grep 'violation by the server' messages
    grep -q 'violation by the client' messages
}

@test "unmaps of nothing are shown once and counted" {
    need jq jq
    serve
    tap -o shown -w unmaps.pcap
    for address in 0x1000 0x2000 0x3000; do
        line+=(-c "send DMA_UNMAP address=$address size=4K" -c "expect error ENOENT")
    done
    shell --raw "${line[@]}" -c "dma map 0x10000 4K" -c "send DMA_UNMAP address=0x10000 size=8K" -c "expect error ENOENT"
    stop tap
    [ "$(grep -c 'nothing is mapped there \[unmap-unknown\]' shown)" -eq 1 ]
    grep -q '0x1000+0x1000: nothing is mapped there' shown
    # Another mistake is another line, and is counted with the rest.
    [ "$(grep -c 'was not mapped so, but' shown)" -eq 1 ]
    "$VFUSCOPE" decode unmaps.pcap --json > events
    [ "$(jq -c 'select(.problems) | .problems[].rule' events | grep -c unmap-unknown)" -eq 2 ]
    "$VFUSCOPE" decode unmaps.pcap -q -c --json | jq -e '.problems[] | select(.rule == "unmap-unknown") | .count == 4'
}
