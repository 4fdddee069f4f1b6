# Who the peers look like, as a person meets it: live, from a capture, in the summary. By what each is known is in tests/c/peers.c.
load lib/common

golden=$BATS_TEST_DIRNAME/golden

# peers FILE: their lines, without time and connection
peers() { sed -n 's/.*\* peer: //p' "$1"; }

@test "the tap tells it once a connection, behind VERSION; a capture read again has it once, too" {
    serve
    tap -w all.pcap
    shell --raw -c info
    shell --raw -c info
    stop tap
    cat tap.out
    [ "$(peers tap.out)" = "$(printf 'the client looks like vfuscope shell (or ping)\nthe server looks like vfuscope serve\n%.0s' 1 2)" ]
    grep -A1 'server < #2 *VERSION' tap.out | grep -q 'peer: the client'
    "$VFUSCOPE" decode all.pcap > again
    diff tap.out again
    "$VFUSCOPE" decode all.pcap -w second.pcap > /dev/null
    "$VFUSCOPE" decode second.pcap | diff again -
}

@test "in JSON, and in the summary" {
    need jq jq
    "$VFUSCOPE" decode --json "$golden/sample-client.pcap" | jq -c 'select(.event == "peer") | [.conn, .channel, .from, .name]' > got
    diff got - << 'END'
[1,"main","client","libvfio-user's sample client"]
[1,"main","server","libvfio-user"]
END
    "$VFUSCOPE" decode --json -q -c "$golden/sample-client.pcap" | jq -e '.peers == [
        {"from":"client","name":"libvfio-user'"'"'s sample client","connections":1,"first":1},
        {"from":"server","name":"libvfio-user","connections":1,"first":1}]'
    "$VFUSCOPE" decode -q -c "$golden/sample-client.pcap" | grep -A2 '^peers look like' | grep -qx 'server  libvfio-user'
}

@test "what is known to go wrong stands below it, in JSON and the summary, and in what is captured" {
    need jq jq
    rust='{"capabilities":{"max_msg_fds":1,"max_data_xfer_size":1048576,"migration":{"pgsize":4096}}}'
    serve
    tap -c -w all.pcap
    shell --no-negotiate -c "send VERSION header.id=0 minor=1 json='$rust'"
    stop tap
    cat tap.out
    grep -A1 "peer: the client looks like rust-vmm's" tap.out |
        grep -qx '        known: it waits for ever on an error reply that is a bare header \[error-without-body\]'
    grep -A1 "^client  rust-vmm's" tap.out | grep -q 'error-without-body'
    "$VFUSCOPE" decode --json -c all.pcap > json
    jq -se '[.[] | select(.event == "peer")] | length == 1 and .[0].known == [{"trouble":"error-without-body",
        "text":"it waits for ever on an error reply that is a bare header"}]' json
    jq -se '.[-1].event == "summary" and .[-1].peers[0].known[0].trouble == "error-without-body"' json
}

@test "where a capture lacks VERSION's text it is told as it was recorded, else anew" {
    serve
    tap -q -s 40 -w cut.pcap
    shell --raw -c info
    stop tap
    "$VFUSCOPE" decode cut.pcap > out
    cat out
    [ "$(peers out)" = "$(printf 'the client looks like vfuscope shell (or ping)\nthe server looks like vfuscope serve')" ]
    # A recorded name that the session would not give is not believed, where VERSION is there.
    tap -q -w all.pcap
    shell --raw -c info
    stop tap
    sed -i 's/"name":"vfuscope serve"/"name":"vfuscope SERVE"/' cut.pcap all.pcap
    "$VFUSCOPE" decode cut.pcap | grep -q 'the server looks like vfuscope SERVE'
    lacks -q 'SERVE' <("$VFUSCOPE" decode all.pcap)
    "$VFUSCOPE" decode all.pcap | grep -q 'the server looks like vfuscope serve'
}

@test "info says what the server looks like, where that is known" {
    serve
    run -0 shell --raw -c info
    [[ $output == *"looks like vfuscope serve"* ]]
    run -0 shell --raw --caps '{"capabilities":{"max_msg_fds":4}}' -c info
    [[ $output != *"looks like"* ]]
}

@test "why has them too, with what is known to go wrong, and where a migration stopped" {
    need jq jq
    "$VFUSCOPE" why --json "$golden/sample-client.pcap" > json
    jq -e '[.peers[] | .name] == ["libvfio-user'"'"'s sample client", "libvfio-user"]' json
    jq -e '.migration == [{"conn":1,"takes_part":"yes","device_state":1,"device_state_name":"STOP","state_no":252,"bytes_read":32776,
        "bytes_written":0,"text":"the last state is STOP (#252); 32776 bytes of its data were read, to the end"}]' json
    "$VFUSCOPE" why "$golden/sample-client.pcap" | grep -A1 '^Migration$' | grep -q 'connection 1: the last state is STOP (#252)'
    "$VFUSCOPE" decode -q -c "$golden/sample-client.pcap" | grep -A1 '^migration$' | grep -q '^connection 1: the last state is STOP'
    "$VFUSCOPE" decode -q -c --json "$golden/sample-client.pcap" | jq -e '.migration[0].bytes_read == 32776'
}

@test "a QEMU that asks a device for nothing: whether its VM migrated could not be seen" {
    need jq jq
    "$VFUSCOPE" why --json "$golden/qemu-boot.pcap" > json
    jq -e 'has("migration") | not' json
    jq -e '[.unseen[] | .what] | index("whether the VM migrated")' json
    "$VFUSCOPE" why --json "$golden/edu.pcap" | jq -e '[.unseen[] | .what] | index("whether the VM migrated") | not'
    lacks -q '^migration' <("$VFUSCOPE" decode -q -c "$golden/qemu-boot.pcap")
}

@test "why: what stopped a migration" {
    serve
    tap -q -w all.pcap
    run shell --raw -c "feature get MIGRATION" -c "feature set MIG_DEVICE_STATE device_state=STOP" \
        -c "feature set MIG_DEVICE_STATE device_state=ERROR"
    stop tap
    "$VFUSCOPE" why all.pcap | tee out
    grep -A1 '^Migration$' out | grep -q 'connection 1: it stopped where the device refused STOP -> ERROR (#[0-9]*: EINVAL)'
}
