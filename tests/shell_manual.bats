# What the shell's manual shows is what happens: its session pasted, its suite run, every command listed and helped.
load lib/common

MANUAL=$BATS_TEST_DIRNAME/../man/vfuscope-shell.1

# part NAME: what stands between the comments NAME begins and NAME ends, as a reader sees it
part() {
    sed -n "/^\.\\\\\" $1 begins/,/^\.\\\\\" $1 ends/p" "$MANUAL" | sed '/^\./d; s/\\e/\\/g'
}

teardown() {
    tmux -S "$T/tmux" kill-server 2>/dev/null || true
    common_teardown
}

@test "the session, pasted into a terminal, line by line into the shell" {
    need tmux tmux
    part session > session
    [ "$(wc -l < session)" = 20 ]
    sed -i "s,/tmp/edu.sock,$T/s,; s,^vfuscope ,'$VFUSCOPE' ," session
    sed -i 's,^quit$,irq list\nquit\necho done; exec cat,' session
    export HOME=$T XDG_STATE_HOME=$T/state LSAN_OPTIONS=detect_leaks=0
    tmux -S tmux -f /dev/null new-session -d -x 100 -y 50 "PS1=; sh"
    tmux -S tmux load-buffer session
    tmux -S tmux paste-buffer
    for ((i = 0; i < 500; i++)); do
        tmux -S tmux capture-pane -p > screen
        ! grep -q '^done' screen || break
        sleep 0.02
    done
    cat screen
    grep -q '^0x10000ed$' screen
    grep -q '^device reads 0x100000+0x8: cafebabe00112233$' screen
    grep -q '^device writes 0x100100+0x8: cafebabe00112233$' screen
    [ "$(grep -c '^interrupt: msi 0$' screen)" = 2 ]
    grep -q '^00100100: ca fe ba be 00 11 22 33 00 ' screen
    grep -Eq '^msi +0 +2 +0$' screen
    ! grep -q '^vfuscope:' screen
}

@test "the session as a script" {
    serve
    part session | tail -n +3 > script
    run -0 --separate-stderr shell -f script
    [ -z "$stderr" ]
    [[ $output == *"device writes 0x100100+0x8: cafebabe00112233"*"00100100: ca fe ba be 00 11 22 33"* ]]
}

@test "the suite for bats, against serve" {
    part suite | sed "s,/usr/local/share/vfuscope/vfuscope,$BATS_TEST_DIRNAME/lib/vfuscope,
        s,my-device --socket,'$VFUSCOPE' serve," > suite.bats
    run -0 env -u BATS_RUN_TMPDIR -u BATS_TEST_TMPDIR VFUSCOPE="$VFUSCOPE" bats --tap suite.bats
    [[ $output == *"ok 1 the device says"*"ok 2 DMA"*"ok 3 a region"* ]]
    [[ $output != *"not ok"* ]]
}

@test "the manual has every command, and help an example of each" {
    run -0 --separate-stderr "$VFUSCOPE" shell --json -c help
    jq -r '.commands[]' <<< "$output" > commands
    [ "$(wc -l < commands)" -gt 40 ]
    local name
    while read -r name; do
        grep -Eq "^\.(It )?Ic $name( |\$)" "$MANUAL" || { echo "not in the manual: $name"; false; }
        "$VFUSCOPE" shell -c "help $name" | grep -q 'Example: ' || { echo "no example: $name"; false; }
    done < commands
}

@test "every example that help gives runs, or is refused by the device alone" {
    serve
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    local name example
    printf 'abcd' > image.bin
    printf 'read bar0\n' > t.vfu
    "$VFUSCOPE" shell --json -c help | jq -r '.commands[]' > commands
    while read -r name; do
        "$VFUSCOPE" shell -c "help $name" | sed -n 's/.*Example: *//p; s/^         \([a-z].*\)/\1/p' > examples
        while read -r example; do
            run --separate-stderr shell -c 'irq arm msi' -c 'irq trigger msi 0' -c 'dma map 0x100000 64K' \
                -c 'read bar0' -c "$example"
            [[ $status = 0 || $stderr == *"the server answered"* || $example == expect* ]] ||
                case $example in
                *'dma map'* | connect* | source* | *timeout* | restore* | 'irq wait'* | 'irq arm'*) true ;;
                *) echo "$example: $stderr"; false ;;
                esac
        done < examples
    done < commands
}
