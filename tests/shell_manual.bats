# What the shell's manual shows is what happens: its session pasted, its suite run, every command listed and helped.
load lib/common

MANUAL=$BATS_TEST_DIRNAME/../man/vfuscope-shell.1

# part NAME: what stands between the comments NAME begins and NAME ends, as a reader sees it
part() {
    sed -n "/^\.\\\\\" $1 begins/,/^\.\\\\\" $1 ends/p" "$MANUAL" | sed '/^\./d; s/\\e/\\/g'
}

teardown() {
    [ ! -s "$T/pasted.pid" ] || kill "$(cat "$T/pasted.pid")" 2>/dev/null || true
    tmux -S "$T/tmux" kill-server 2>/dev/null || true
    common_teardown
}

@test "the session, pasted into a terminal, line by line into the shell" {
    need tmux tmux
    part session > session
    [ "$(wc -l < session)" = 20 ]
    sed -i "s,/tmp/edu.sock,$T/s,; s,^vfuscope ,'$VFUSCOPE' ," session
    sed -i 's,^quit$,irq list\nquit,; 1s,$,; echo $! > pasted.pid,' session
    export HOME=$T XDG_STATE_HOME=$T/state LSAN_OPTIONS=detect_leaks=0
    tmux -S tmux -f /dev/null new-session -d -x 100 -y 50 "PS1=; sh"
    tmux -S tmux load-buffer session
    tmux -S tmux paste-buffer
    done_all() { tmux -S tmux capture-pane -p > screen && grep -Eq '^msi +0 +2 +0$' screen; }
    await_that done_all || true
    cat screen
    grep -q '^0x10000ed$' screen
    grep -q '^device reads 0x100000+0x8: cafebabe00112233$' screen
    grep -q '^device writes 0x100100+0x8: cafebabe00112233$' screen
    [ "$(grep -c '^interrupt: msi 0$' screen)" = 2 ]
    grep -q '^00100100: ca fe ba be 00 11 22 33 00 ' screen
    grep -Eq '^msi +0 +2 +0$' screen
    lacks -q '^vfuscope:' screen
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

# helped: the names of all commands in `commands`, and what help says about them in `helped`, `timeout`'s line behind each
helped() {
    "$VFUSCOPE" shell --json -c help | jq -r '.commands[]' > commands
    sed 's/.*/help &\ntimeout/' commands | "$VFUSCOPE" shell > helped
}

@test "the manual has every command, and help an example of each" {
    helped
    [ "$(wc -l < commands)" -gt 40 ]
    local name
    while read -r name; do
        grep -Eq "^\.(It )?Ic $name( |\$)" "$MANUAL" || { echo "not in the manual: $name"; false; }
    done < commands
    [ "$(grep -c '^5000ms$' helped)" = "$(wc -l < commands)" ]
    lacks . <(awk '/Example: / { found = 1 } /^5000ms$/ { if (!found) print NR ": no example above"; found = 0 }' helped)
}

@test "help says how each command is used" {
    export VFUSCOPE_PLUGIN_PATH=$T
    helped
    # Below the usage stands what it does, four blanks in.
    awk '/^    [a-z]/ && before != "" { print before } { before = /^[a-z]/ ? $0 : "" }' helped | sort > said
    sort > used <<'END'
info
regions
irqs
config [--plain | bars | master|memory|msi|msix on|off]
read REGION[+OFFSET] [b|w|l|q] [COUNT] [--bulk] [--via mmap|message] [--to FILE]
write REGION[+OFFSET] [b|w|l|q] VALUE... [--bulk] [--posted] [--via mmap|message] [--from FILE]
poll REGION+OFFSET [b|w|l|q] [& MASK] == VALUE [timeout TIME]
watch REGION+OFFSET [b|w|l|q] [& MASK] [every TIME] [timeout TIME] [count N] [--via mmap|message]
rmw REGION[+OFFSET] [b|w|l|q] MASK VALUE [--via mmap|message]
multi REGION+OFFSET[:b|w|l|q]=VALUE... [--file FILE] [--posted]
regs [PLUGIN] [--all]
reset
dma map IOVA SIZE [--message | --file PATH] [--ro | --wo]
dma unmap IOVA SIZE | all | NAME
dma list
dma trace on|off
mem alloc SIZE [NAME]
mem put IOVA TYPE VALUE...
mem dump IOVA SIZE
mem fill IOVA SIZE BYTE
mem write IOVA HEX
mem load IOVA FILE
mem save IOVA SIZE FILE
mem cmp IOVA FILE | IOVA SIZE IOVA
irq arm INDEX [FIRST[-LAST]]
irq disarm INDEX [FIRST[-LAST]]
irq wait INDEX VECTOR [timeout TIME] [count N]
irq trigger INDEX FIRST[-LAST] [bool DIGITS]
irq mask INDEX FIRST[-LAST] [bool DIGITS]
irq unmask INDEX FIRST[-LAST] [bool DIGITS]
irq list
feature get|set|probe NAME|NUMBER [field=value]...
state [STATE [--walk | --force]]
save FILE [--stop] [--no-pre-copy]
restore FILE [--stop]
dirty start [IOVA SIZE]... [--page SIZE]
dirty report [IOVA SIZE]... [--page SIZE]
dirty stop
send COMMAND [field=value]... [header.FIELD=N]... [fd=KIND]... [raw=HEX] [--no-wait] [--split N] [--pipeline N]
expect error ERRNO | FIELD OP VALUE | irq INDEX VECTOR within TIME [count N]
set [NAME VALUE]
repeat N COMMAND
time COMMAND
source FILE
connect [SOCKET] [--again]
timeout [TIME]
trace on|off
why
mark TEXT...
help [COMMAND|NAME|-k WORD...]
quit
END
    diff used said
}

@test "the examples that help gives can be run as they stand" {
    # Names of registers come from the plugins.
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    serve
    helped
    printf 'abcd' > image.bin
    printf 'read bar0\n' > setup.vfu
    # But those that need what another leaves behind, or end the shell.
    sed -n 's/.*Example: *//p; s/^         \([a-z].*\)/\1/p' helped | sort -u | grep -Ev \
        '^(quit|expect|poll|irq wait|watch|dma map|dma unmap|connect|feature set|state|irq|reset|timeout|dirty|send|set |why|mark|nvme|virtio)' \
        > examples
    [ "$(wc -l < examples)" -gt 20 ]
    { printf 'irq arm msix\ndma map 0x100000 64K\nsave edu.state\nread bar0\n'; cat examples; } > script
    run shell -f script
    [ "$status" = 0 ] || { echo "${lines[-1]}"; false; }
}
