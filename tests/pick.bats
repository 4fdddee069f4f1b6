# What decode shows of a capture: by number, by time, and what stands around what a filter picks.

load lib/common

golden=$BATS_TEST_DIRNAME/golden
edu=$BATS_TEST_DIRNAME/golden/edu.pcap

# Numbers of the messages that decode shows, in one line
shown() {
    "$VFUSCOPE" decode --json "$edu" "$@" | jq -r 'select(.no) | .no' | paste -sd ' '
}

# What decode shows of a capture, in one line: numbers of messages, kinds of events
all() {
    "$VFUSCOPE" decode --json "$@" | jq -r '.event // .no' | paste -sd ' '
}

refused() {
    run -2 "$VFUSCOPE" decode "$edu" "$@"
}

@test "messages by their numbers, with the other half of a pair at the edges" {
    [ "$(shown 5..7)" = "5 6 7 8" ]
    [ "$(shown 6..6)" = "5 6" ]
    [ "$(shown ..2)" = "1 2" ]
    [ "$(shown 5..8 --filter 'type == reply')" = "6 8" ]
    last=$("$VFUSCOPE" decode --json "$edu" | jq -s 'map(.no // 0) | max')
    [ "$(shown "$last..")" = "$((last - 1)) $last" ]
    [ "$(shown 100000..)" = "" ]
    refused 7..5
    [[ $output == *"the range is empty"* ]]
    for wrong in 5...7 5..7x ... 5x '#' '#5x'; do
        refused "$wrong"
        [[ $output == *"not FIRST..LAST"* ]]
    done
    refused x # another FILE
    [[ $output == 'vfuscope: x: No such file or directory' ]]
    refused ..
}

@test "one message, by its number as lines have it; a range may stand before its file" {
    cp "$edu" a.pcap
    want=$(shown 5..5)
    [ "$want" = "5 6" ]
    [ "$(shown 5)" = "$want" ]
    [ "$(shown '#5')" = "$want" ]
    [ "$(shown '#5..#6')" = "$want" ]
    [ "$(shown 5 9)" = "5 6 9 10" ]
    "$VFUSCOPE" decode a.pcap 5 > want
    for named in a.pcap:5 'a.pcap:#5' '5..5 a.pcap' '5 a.pcap' '#5 a.pcap'; do
        "$VFUSCOPE" decode $named | diff want -
        "$VFUSCOPE" decode -q -c $named | grep -q '^2 messages'
    done
    "$VFUSCOPE" a.pcap:5 | diff want -
    # A file of that name goes first.
    "$VFUSCOPE" decode -q "$edu" -w 5 9
    mv 5 kept
    cp kept 5
    cp kept '#5'
    cp kept a.pcap:5
    for named in 5 '#5' a.pcap:5; do
        "$VFUSCOPE" decode "$named" | diff <("$VFUSCOPE" decode kept) -
        "$VFUSCOPE" decode a.pcap "$named" | grep -qF " $named:#"
    done
    rm 5 '#5' a.pcap:5
    run -2 "$VFUSCOPE" decode 5
    [ "$output" = 'vfuscope: 5: No such file or directory' ]
    run -2 "$VFUSCOPE" decode 5 6
    [ "$output" = 'vfuscope: 5: of which FILE?' ]
    run -2 "$VFUSCOPE" decode 2026.pcap 5
    [ "$output" = 'vfuscope: 2026.pcap: No such file or directory' ]
    run -2 "$VFUSCOPE" decode a.pcap a.pcap.absent:5
    [ "$output" = 'vfuscope: a.pcap.absent: No such file or directory' ]
}

@test "a range shows the events between its messages, and with an open end those before and behind them all" {
    cp "$edu" a.pcap
    [ "$(all a.pcap 1..4)" = "1 2 peer peer 3 4" ]
    [ "$(all a.pcap 2..3)" = "1 2 peer peer 3 4" ]
    [ "$(all a.pcap ..2)" = "connect 1 2" ]
    [ "$(all a.pcap 49..50)" = "49 50" ]
    [ "$(all a.pcap 50..)" = "49 50 disconnect" ]
    [ "$(all a.pcap 2)" = "1 2" ]
    [ "$(all a.pcap 2 5)" = "1 2 5 6" ]
    [ "$(all a.pcap 60..)" = "" ]
    # What options pick besides holds for them, too.
    [ "$(all a.pcap 1..4 --filter 'command == VERSION')" = "1 2" ]
    [ "$(all a.pcap 1..4 --filter 'name contains serve')" = "peer" ]
    [ "$(all a.pcap 47.. --since 0.003)" = "disconnect" ]
    [ "$(all a.pcap 47.. --until 0.001)" = "" ]
    # Of several, those of the file that is meant
    cp a.pcap b.pcap
    "$VFUSCOPE" decode --json a.pcap b.pcap:50.. > got
    [ "$(jq -r '.file' got | sort -u)" = b.pcap ]
    [ "$(jq -r '.event // .no' got | paste -sd ' ')" = "49 50 disconnect" ]
    # What was done to a message is told with it, wherever it stands.
    serve
    tap -q -w cap --inject 'command == REGION_READ:error=EIO:when=2'
    run shell --raw -c 'read bar0' -c 'read bar0' -c 'read bar0'
    stop tap
    no=$("$VFUSCOPE" decode --json cap | jq -r 'select(.event == "injected") | .no')
    [[ " $(all cap "$no") " == *" injected "* ]]
    [[ " $(all cap "$((no + 2))..") " != *" injected "* ]]
}

@test "a range that is beyond what there is: how many messages there are" {
    cp "$edu" a.pcap
    beyond() {
        run -0 --separate-stderr "$VFUSCOPE" decode "$@"
        [ -z "$output" ]
    }
    local range
    for range in 999.. 999 51..60 0 '#999'; do
        beyond a.pcap "$range"
        [ "$stderr" = "vfuscope: $range: a.pcap has 50 messages" ]
    done
    beyond a.pcap:51
    [ "$stderr" = 'vfuscope: 51: a.pcap has 50 messages' ]
    beyond - 51 < a.pcap
    [ "$stderr" = 'vfuscope: 51: standard input has 50 messages' ]
    "$VFUSCOPE" decode -q a.pcap -w one 1 --filter 'type == command' --filter-capture
    beyond one 2
    [ "$stderr" = 'vfuscope: 2: one has 1 message' ]
    # Of several, that one
    cp "$golden/sample-client.pcap" b.pcap
    beyond b.pcap a.pcap:51..
    [ "$stderr" = 'vfuscope: 51..: a.pcap has 50 messages' ]
    # Of a ring, what is left of it
    "$VFUSCOPE" decode -q a.pcap -w ring --ring-size 1K --ring-files 2
    first=$("$VFUSCOPE" decode --json ring | jq -s 'map(.no // empty) | min')
    [ "$first" -gt 1 ]
    beyond ring 1
    [ "$stderr" = "vfuscope: 1: ring has messages #$first to #50" ]
    beyond ring.* 51
    [ "$stderr" = "vfuscope: 51: the ring has messages #$first to #50" ]
    # One of which something is there, or that nothing is shown of for another reason, is fine.
    for range in 50.. 40..99 ..1 '50 --filter error' '20.. --count 3'; do
        run -0 --separate-stderr "$VFUSCOPE" decode a.pcap $range
        [ -z "$stderr" ]
    done
}

@test "around what is picked messages are counted, and the events between them are shown" {
    cp "$edu" a.pcap
    [ "$(all a.pcap --filter 'no == 1' -A 2)" = "1 2 peer peer 3 4" ]
    [ "$(all a.pcap --filter 'no == 3' -B 2)" = "connect 1 2 peer peer 3 4" ]
    [ "$(all a.pcap --filter 'no == 3' -C 2)" = "connect 1 2 peer peer 3 4 5 6" ]
    [ "$(all a.pcap --filter 'no == 1' -A 0)" = "1 2" ]
}

@test "-w gets all messages, with --filter-capture what is picked, by ranges and times too" {
    cp "$edu" a.pcap
    local all
    all=$(all a.pcap)
    "$VFUSCOPE" decode -q a.pcap 3..6 --filter error -w cut
    [ "$(all cut)" = "$all" ]
    "$VFUSCOPE" decode -q a.pcap 4..6 -w cut --filter-capture
    [ "$(all cut)" = "3 4 5 6" ]
    "$VFUSCOPE" decode -q a.pcap:49.. -w cut --filter-capture
    [ "$(all cut)" = "49 50 disconnect" ]
    "$VFUSCOPE" decode -q a.pcap --since 0.003 -w cut --filter-capture
    [ "$(all cut)" = "disconnect" ]
    "$VFUSCOPE" decode -q a.pcap -w cut --filter-capture
    [ "$(all cut)" = "$all" ]
}

@test "--count counts what is picked, and a command keeps its reply" {
    cp "$edu" a.pcap
    [ "$(all a.pcap --filter 'command == REGION_READ' --count 2)" = "7 8" ]
    [ "$(all a.pcap --filter 'command == REGION_READ' --count 1)" = "7 8" ]
    [ "$(all a.pcap --filter 'command == REGION_READ' --count 3)" = "7 8 11 12" ]
    [ "$(all a.pcap --filter 'type == reply' --count 3)" = "2 4 6" ]
    [ "$(all a.pcap --filter 'type == command' --count 1)" = "1" ]
    # A reply that decides, and one that comes behind other messages: #48 answers #45.
    [ "$(all a.pcap --filter 'latency > 30us' --count 1)" = "$(all a.pcap --filter 'latency > 30us' | cut -d' ' -f1,2)" ]
    [ "$(all a.pcap --filter 'no == 45 or no == 49' --count 1)" = "45 48" ]
    [ "$(all a.pcap 5.. --count 4)" = "5 6 7 8" ]
    [ "$(all a.pcap 1.. --count 4)" = "1 2 peer peer 3 4" ]
    [ "$(all a.pcap --since 0.002 --count 2)" = "$(all a.pcap --since 0.002 | cut -d' ' -f1,2)" ]
    [ "$(all a.pcap --until 1 --count 4)" = "connect 1 2 peer peer 3 4" ]
    # What is shown around does not count, and is shown.
    [ "$(all a.pcap --filter 'no == 9 or no == 13' --count 2 -A 1)" = "9 10 11 12" ]
    [ "$(all a.pcap --filter 'no == 9 or no == 11' --count 2 -A 2)" = "9 10 11 12" ]
    [ "$(all a.pcap --filter 'no == 9' --count 2 -B 1)" = "7 8 9 10" ]
    # As many as there are, of several too; no limit; and without anything that picks, of all.
    [ "$(all a.pcap --filter 'no == 9' --count 7)" = "9 10" ]
    [ "$(all a.pcap --filter 'no == 9' --count 0)" = "9 10" ]
    [ "$(all a.pcap --count 3)" = "connect 1 2 peer peer 3" ]
    cp a.pcap b.pcap
    [ "$("$VFUSCOPE" decode --json a.pcap b.pcap:9.. --count 1 | jq -r '"\(.file) \(.no)"')" = $'b.pcap 9\nb.pcap 10' ]
    "$VFUSCOPE" decode -q -c a.pcap --filter 'command == REGION_READ' --count 3 | grep -q '^4 messages'
    "$VFUSCOPE" decode -q a.pcap --filter 'command == REGION_READ' --count 2 -w cut --filter-capture
    [ "$(all cut)" = "7 8" ]
}

@test "by time since the first record, and by date, as they are shown" {
    # The first record is no message: what is shown is what it counts from.
    since=$("$VFUSCOPE" decode "$edu" 5..5 | awk '{ print $1; exit }')
    [ "$(shown --since "$since" | cut -d' ' -f1)" = 5 ]
    [ "$(shown --until "$since")" = "1 2 3 4" ] || [ "$(shown --until "$since")" = "1 2 3 4 5 6" ]
    for zone in UTC Asia/Kathmandu America/St_Johns; do
        date=$(TZ=$zone "$VFUSCOPE" decode -t absolute "$edu" 7..7 | awk '{ print $1; exit }')
        [ "$(shown --since "$date" | cut -d' ' -f1)" = 7 ]
        [ "$(shown --filter "time >= \"$date\"" | cut -d' ' -f1)" = 7 ]
    done
    epoch=$("$VFUSCOPE" decode --json "$edu" | jq -r 'select(.no == 7) | .time')
    [ "$(shown --since "$epoch" --until "$epoch")" = "7 8" ]
    [ "$(shown --filter "time in $epoch..$epoch")" = "7 8" ]
    [ "$(shown --filter 'time < 1us')" = "" ]
    # An event has a time, too.
    [ "$("$VFUSCOPE" decode "$edu" --until 0 | grep -c connect)" -eq 1 ]
    for wrong in '' yesterday 5m -1s 2026-01-31 2026-01-31T10:00:00 2026-13-01T00:00:00Z; do
        refused --since "$wrong"
        [[ $output == *"--since $wrong: neither a time"* ]]
    done
    refused --filter 'time > yesterday'
    [[ $output == *"column 8"* ]]
    refused --filter 'time > "2026-01-31'
    [[ $output == *"column 8: the second quote is missing"* ]]
}

@test "a date is the same in every zone" {
    for date in 2026-11-22T07:38:38.254322Z '2026-11-22 07:38:38.254322+00:00' 2026-11-22T13:23:38.254322+05:45 \
        2026-11-22T04:08:38.254322-0330 2026-11-22T08:38:38.254322+01; do
        "$VFUSCOPE" decode --json "$edu" --filter "time < '$date'" | jq -c '[.event, .no]' > now
        [ -e first ] || cp now first
        diff first now
    done
    [ "$(cat first)" = '["connect",null]' ]
}

@test "a value in quotes is the value" {
    [ "$(shown --filter 'command == "VERSION"')" = "1 2" ]
    [ "$(shown --filter "no in '3'..\"4\"")" = "3 4" ]
    refused --filter '"command" == VERSION'
    [[ $output == *"column 1: command: a field's name"* ]]
}

@test "what stands around what is picked" {
    [ "$(shown --filter 'no == 9' -A 2)" = "9 10 11 12" ]
    [ "$(shown --filter 'no == 9' -B 2)" = "7 8 9 10" ]
    [ "$(shown --filter 'no == 9' -C 2)" = "7 8 9 10 11 12" ]
    [ "$(shown --filter 'no == 9' -C 2 -A 0)" = "7 8 9 10" ]
    # A command stays with its reply: one message is not the half of an exchange.
    [ "$(shown --filter 'no == 9' -A 1)" = "9 10 11 12" ]
    [ "$(shown --filter 'no == 9' -B 1)" = "7 8 9 10" ]
    [ "$(shown --filter 'no == 9' -B 3)" = "5 6 7 8 9 10" ]
    # A filter that picks single messages: the other half is what is next to them, and not more than was asked for.
    [ "$(shown --filter 'type == command and no == 9' -A 1)" = "9 10" ]
    [ "$(shown --filter 'type == command and no == 9' -B 1)" = "7 8 9" ]
    [ "$(shown --filter 'type == reply and no == 10' -B 1)" = "9 10" ]
    # The command of #48, #45, is further back than what was asked for.
    [ "$(shown --filter 'no == 49' -B 1)" = "45 48 49 50" ]
    # What lies around two is shown once.
    [ "$(shown --filter 'no == 9 or no == 13' -C 4)" = "5 6 7 8 9 10 11 12 13 14 15 16 17 18" ]
    [ "$(shown --filter 'no == 1' -B 5)" = "1 2" ]
    [ "$(shown --filter 'no == 9' -C 1000000)" = "$(shown)" ]
    refused --filter error -A x
}

@test "around what a live filter picks" {
    serve
    tap -o text --once --filter 'region == bar0 and offset == 8' -C 2
    shell --raw -c 'read bar0+0' -c 'read bar0+8' -c 'read bar0+0' -c 'read bar0+4'
    await tap
    [ "$(grep -c 'bar0+0x8 ' text)" -eq 2 ]
    [ "$(grep -c 'bar0+0x0 ' text)" -eq 4 ]
    lacks -q "bar0+0x4 " text
}
