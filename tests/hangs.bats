# Who is at the ends of a connection, and what keeps them from going on: live, in SIGUSR1's summary, and from a capture.
load lib/common

setup() {
    common_setup
    need jq jq
}

# of EVENT FILE FILTER: what jq makes of the only event of this name
of() {
    jq -e -c -s "[.[] | select(.event == \"$1\")] | length == 1" "$2" > /dev/null && jq -r "select(.event == \"$1\") | $3" "$2"
}

@test "connect names the client's process: text, JSON, captures" {
    serve
    cp "$VFUSCOPE" who
    tap --json -w cap
    ./who shell t -c info > info.out 2> info.err &
    pid=$!
    wait "$pid"
    stop tap
    [ "$(of connect tap.out '"\(.pid) \(.name)"')" = "$pid who" ]
    "$VFUSCOPE" decode cap --json | diff - tap.out
    "$VFUSCOPE" decode cap | head -n 1 | grep -Eq "\* connect: client $pid \(who\)\$"
}

@test "connect: a name that its process chose is escaped" {
    serve
    name=$'a)\e[31m\nb'
    cp "$VFUSCOPE" "$name"
    tap --json -w cap
    "./$name" shell t -c info
    stop tap
    [ "$(of connect tap.out .name)" = "$name" ]
    "$VFUSCOPE" decode cap > text
    grep -Fq '(a)\x1b[31m\nb)' text || grep -Fq '(a)\x1b[31m\x0ab)' text
    lacks $'\e' text
    lacks '^b)' text
    need tshark tshark
    wireshark_user
    tshark -n -X "lua_script:$(dirname "$VFUSCOPE")/plugins/wireshark/vfio_user.lua" -r cap 2> /dev/null > shown
    [ "$(grep -o '\* connect.*' shown)" = "$(grep -o '\* connect.*' text)" ]
}

@test "connect: nothing is said of a process that is not known, and a capture without one says what it said" {
    golden=$BATS_TEST_DIRNAME/golden/edu.pcap
    "$VFUSCOPE" decode "$golden" --json > json
    [ "$(of connect json 'has("pid") or has("name")')" = false ]
    "$VFUSCOPE" decode "$golden" | grep -q '\* connect$'
}
