# What `help` says, what is offered for what is misspelt, and the pager.
load lib/common

commands() { # every subcommand
    "$VFUSCOPE" help --complete bash | sed -n "s/^        \([a-z]*\)) words='.*/\1/p" | grep -v '^help$'
}

edu=$BATS_TEST_DIRNAME/golden/edu.pcap

@test "help of each command fits 80 columns, has groups, two examples that parse, and its manual" {
    for command in $(commands); do
        run -0 "$VFUSCOPE" help "$command"
        [ -z "$(awk 'length > 80' <<< "$output")" ] || { awk 'length > 80' <<< "$output"; false; }
        [[ $output == *$'\nOther\n'* && $output == *$'\nExamples\n'* && $output == *"vfuscope-$command(1)" ]]
        [ -e "$BATS_TEST_DIRNAME/../man/vfuscope-$command.1" ]
        [ "$(sed -n '/^Examples/,$p' <<< "$output" | grep -c "^  vfuscope $command")" = 2 ]
        text=$output
        for how in --help -h; do
            run -0 --separate-stderr "$VFUSCOPE" "$command" $how
            [ "$output" = "$text" ]
            [ -z "$stderr" ]
        done
        # No option of an example is unknown.
        sed -n "s/^  vfuscope \($command .*\)/\1/p" <<< "$text" | sed 's/ -- .*//; s/ | .*//' | while read -r line; do
            eval "set -- $line"
            run -0 "$VFUSCOPE" "$@" --help
        done
    done
    run -0 "$VFUSCOPE" help
    [ -z "$(awk 'length > 80' <<< "$output")" ]
    for command in $(commands); do
        grep -q "^  $command " <<< "$output"
    done
}

@test "help rules fits 80 columns, and each rule begins a line" {
    run -0 "$VFUSCOPE" help rules
    [ -z "$(awk 'length > 80' <<< "$output")" ]
    [ "$(grep -c '^[a-z-]*  *\(violation\|misfit\|suspicious\)  ' <<< "$output")" = "$(grep -c '^[^ ]' <<< "$output")" ]
    run -0 "$VFUSCOPE" help reasons
    [ -z "$(awk 'length > 80' <<< "$output")" ]
}

@test "help NAME says what explain says" {
    "$VFUSCOPE" help > all
    "$VFUSCOPE" help help | diff all -
    run -2 "$VFUSCOPE" help hepl
    [ "$("$VFUSCOPE" help region-bounds)" = "$("$VFUSCOPE" explain region-bounds)" ]
    run -2 --separate-stderr "$VFUSCOPE" help region-bonuds
    [[ $stderr == *"did you mean region-bounds?"* && -z $output ]]
    run -2 --separate-stderr "$VFUSCOPE" help quetzalcoatl
    [[ $stderr != *"did you mean"* ]]
    run -2 "$VFUSCOPE" help tap decode
}

@test "help filters has every command's fields; help -k finds commands, options, the shell's, rules, reasons, requirements, fields" {
    run -0 "$VFUSCOPE" help filters
    [ -z "$(awk 'length > 80' <<< "$output")" ]
    for word in command latency problem REGION_WRITE_MULTI wr_cnt device_state; do
        grep -qw -- "$word" <<< "$output"
    done
    while IFS='|' read -r words found; do
        eval "run -0 --separate-stderr \"\$VFUSCOPE\" help -k $words"
        [ -z "$(awk 'length > 80' <<< "$output")" ]
        grep -q -- "^  $found" <<< "$output" || { echo "$words: $output"; false; }
    done <<'END'
show capture|decode
'sit between' clients|tap
PERFETTO|--trace FILE
'capture file'|-w, --write FILE
eventfd|irq arm
power of two|msi-count
twin|
argsz|argsz
mapped descriptor|dma-without-fd
map beside|map-beside
END
    run -1 --separate-stderr "$VFUSCOPE" help -k quetzalcoatl
    [[ -z $output && $stderr == *quetzalcoatl* ]]
    run -2 "$VFUSCOPE" help -k
    # An option that commands share is told once.
    [ "$("$VFUSCOPE" help -k perfetto | grep -c -- --trace)" = 1 ]
}

@test "did you mean: commands, options, their values; nothing where nothing is near" {
    while IFS='|' read -r line meant; do
        eval "set -- $line"
        run -2 --separate-stderr "$VFUSCOPE" "$@"
        [ -z "$output" ]
        if [ "$meant" ]; then
            [[ $stderr == *"did you mean $meant?"* ]] || { echo "$line: $stderr"; false; }
        else
            [[ $stderr != *"did you mean"* ]] || { echo "$line: $stderr"; false; }
        fi
    done <<END
decoed|decode
atach|attach
hlep|help
quetzal|
decode '$edu' --filtr x|--filter
decode '$edu' --no-jsn|--no-json
decode '$edu' --sumary|--summary
decode '$edu' --quetzal|
decode '$edu' -Z|
decode '$edu' -t relatvie|relative
decode '$edu' --color atuo|auto
decode '$edu' --color quetzal|
decode '$edu' --fail-on violatoin|violation
decode '$edu' --ignore region-bonuds|region-bounds
tap a b --expose irq,mmoi|mmio
tap a b --expose dmaa|dma
tap a b --expose xyz|
attach 1 --method ptrac|ptrace
serve s --device edv|edu
serve s --migration precopy|pre-copy
check s --only map-ovre|map-over
decode '$edu' --filter 'regoin == bar0'|region
decode '$edu' --filter 'region == bra0'|bar0
decode '$edu' --filter 'quetzal == 1'|
END
}

@test "--no-NAME takes back what NAME was given before, and only that" {
    run -0 "$VFUSCOPE" decode "$edu" --json --no-json
    [[ $output != *'"no":'* ]]
    run -0 "$VFUSCOPE" decode "$edu" --no-json --json
    [[ $output == *'"no":'* ]]
    [ "$("$VFUSCOPE" decode "$edu" --filter error --no-filter)" = "$("$VFUSCOPE" decode "$edu")" ]
    [ "$("$VFUSCOPE" decode "$edu" --no-pairs --pairs)" = "$("$VFUSCOPE" decode "$edu" --pairs)" ]
    [ "$("$VFUSCOPE" decode "$edu" --pairs --no-pairs)" = "$("$VFUSCOPE" decode "$edu")" ]
    run -2 "$VFUSCOPE" decode "$edu" --no-help
    run -2 "$VFUSCOPE" decode "$edu" --no-rules
}

@test "the shell: help fits 80 columns, by groups; help NAME, -k; did you mean commands, registers, regions" {
    run -0 "$VFUSCOPE" shell -c help
    [ -z "$(awk 'length > 80' <<< "$output")" ]
    for group in 'The device' Registers Memory Interrupts 'Features, .*' 'Messages .*' 'The connection .*'; do
        grep -qx "$group" <<< "$output"
    done
    [ "$("$VFUSCOPE" shell -c 'help region-bounds')" = "$("$VFUSCOPE" explain region-bounds)" ]
    [ "$("$VFUSCOPE" shell -c 'help -k power of two')" = "$("$VFUSCOPE" help -k power of two)" ]
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    while IFS='|' read -r line meant; do
        run -1 --separate-stderr "$VFUSCOPE" shell -c "$line"
        if [ "$meant" ]; then
            [[ $stderr == *"did you mean $meant?"* ]] || { echo "$line: $stderr"; false; }
        else
            [[ $stderr != *"did you mean"* ]] || { echo "$line: $stderr"; false; }
        fi
    done <<'END'
raed bar0|read
dma mpa|dma map
irq awit|irq wait
help raed|read
help region-bonuds|
read bra0|bar0
read bar9|
irq arm misx|msix
send REGION_RAED|REGION_READ
feature get migraton|MIGRATION
expect error EINVL|EINVAL or EINTR
read edu.sttus|edu.status
read edu.quetzal|
quetzal|
help -k quetzalcoatl|
help -k|
END
}

# --- the pager, on a terminal ---

# on_terminal COLUMNS COMMAND...: run in a terminal of its own, 10 rows high; its status is in $T/status then
on_terminal() {
    need tmux tmux
    local columns=$1
    shift
    printf 'export TERM=xterm; unset NO_COLOR; trap : INT\n%s\necho $? > %q\nexec cat\n' "$*" "$T/status" > "$T/run"
    rm -f "$T/status"
    TERMINALS=$((${TERMINALS:-0} + 1))
    tmux -S "$T/tmux$TERMINALS" -f /dev/null new-session -d -x "$columns" -y 10 "sh '$T/run'"
}

teardown() {
    close_terminal
    common_teardown
}

# A server that is ending takes no new terminal: each has one of its own.
close_terminal() { tmux -S "$T/tmux${TERMINALS:-}" kill-server 2> /dev/null || true; }
keys() { tmux -S "$T/tmux$TERMINALS" send-keys "$@"; }
screen() { tmux -S "$T/tmux$TERMINALS" capture-pane -p | sed 's/ *$//'; }
shows() { screen | grep -q -- "$1"; }
goes_to_the_end() {
    keys G
    shows '(END)'
}
left() { [ -s "$T/status" ]; }

@test "the pager: what is long goes through it, in colour and the terminal's width, and the status is the command's" {
    cat > pager <<'END'
#!/bin/sh
echo "LESS=$LESS" > less
cat > paged
echo paged
END
    chmod +x pager
    on_terminal 100 "VFUSCOPE_PAGER=./pager PAGER=false '$VFUSCOPE' decode '$edu'"
    await_that left
    [ "$(cat status)" = 0 ]
    [ "$(cat less)" = LESS=FRX ]
    grep -q $'\e\\[' paged
    [ "$(sed 's/\x1b\[[0-9;]*m//g' paged | awk '/  #[0-9]/ && length > 100' | wc -l)" = 0 ]
    rm paged
    for line in "help tap" "tap --help" "explain" "decode --rules" "decode '$edu' --json" "help -k memory"; do
        close_terminal
        on_terminal 80 "PAGER=./pager '$VFUSCOPE' $line"
        await_that left
        [ -s paged ]
        [ "$(cat status)" = 0 ]
        rm paged
    done
    close_terminal
    on_terminal 80 "PAGER=./pager '$VFUSCOPE' help quetzal"
    await_that left
    [ "$(cat status)" = 2 ]
    close_terminal
    on_terminal 80 "PAGER=./pager '$VFUSCOPE' decode --fail-on suspicious '$edu'"
    await_that left
    [ "$(cat status)" = 1 ]
}

@test "no pager: with --no-pager, cat, an empty name, one that is not there, for what is live, and without a terminal" {
    printf '#!/bin/sh\ntouch "%s/paged"\ncat\n' "$T" > pager
    chmod +x pager
    mkfifo live
    (cat "$edu" > live) &
    for line in "--no-pager help" "help --no-pager tap" "tap --help --no-pager" "decode --no-pager '$edu'" \
        "decode live" "decode '$edu' > out" "help > out" "decode '$edu' -w -"; do
        on_terminal 80 "PAGER=./pager '$VFUSCOPE' $line"
        await_that left
        [ ! -e paged ] || { echo "$line"; false; }
        close_terminal
    done
    for pager in '' cat no-such-pager ./no-such-pager; do
        on_terminal 80 "PAGER='$pager' '$VFUSCOPE' help"
        await_that left
        [ "$(cat status)" = 0 ]
        shows vfuscope-guide
        close_terminal
    done
    on_terminal 80 "export TERM=dumb; PAGER=./pager '$VFUSCOPE' help"
    await_that left
    [ ! -e paged ]
}

@test "less: what fits one screen needs no key; quitting early ends cleanly; ^C ends the reading, and less stays" {
    need less less
    on_terminal 80 "unset PAGER LESS; '$VFUSCOPE' decode '$edu' 5..6"
    await_that left
    [ "$(cat status)" = 0 ]
    close_terminal
    on_terminal 80 "unset PAGER LESS; '$VFUSCOPE' decode '$edu' -v -x"
    await_that shows '^:'
    [ ! -s status ]
    keys q
    await_that left
    [ "$(cat status)" = 0 ]
    close_terminal
    on_terminal 80 "unset PAGER LESS; '$VFUSCOPE' explain"
    await_that shows '^:'
    keys C-c
    # less may throw away what is typed right behind ^C.
    await_that goes_to_the_end
    [ ! -s status ]
    keys q
    await_that left
    [ "$(cat status)" = 0 ]
}
