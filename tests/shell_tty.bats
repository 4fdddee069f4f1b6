# The shell as a person types it: a real terminal, driven through tmux.
load lib/common
load lib/terminal

setup() {
    common_setup
    terminal_setup
    export HOME=$T XDG_STATE_HOME=$T/state
}

teardown() {
    terminal_teardown
    common_teardown
}

# terminal [WIDTH [OPTION]]: the shell at its prompt; its exit status is printed when it ends
terminal() {
    new_terminal "${1:-80}" 24 "'$VFUSCOPE' shell s ${2:-}$ended_by"
    screen '^(vfu|edu)>'
}

@test "type a command, see its result; failures do not end the prompt; quit does, with status 0" {
    serve
    terminal
    screen '^\[1234:11e8\] at s: bar0 1M, bar2 64K mappable, bar4 4K, msix 4$'
    keys 'read bar0' Enter
    screen '^0x10000ed$'
    keys 'nonsense' Enter
    screen '^vfuscope: nonsense: no such command'
    keys 'read vga' Enter
    screen '^error EINVAL: vga has no bytes$'
    keys 'read bar0 w' Enter
    screen '^0xffff$'
    keys 'quit' Enter
    screen '^status 0$'
}

@test "a line says what there is, and the prompt its name; connect says it again; --raw knows nothing" {
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    serve
    new_terminal 80 24 "'$VFUSCOPE' s; exec '$VFUSCOPE' shell --raw s"
    screen '^QEMU edu \[1234:11e8\] at s: bar0 1M, bar2 64K mappable, bar4 4K, msix 4$' '^help lists' '^edu>$'
    keys 'read edu.id' Enter
    screen '^edu> read edu.id$' '^0x10000ed  major 1, magic 0xed$'
    keys connect Enter
    times 2 '^QEMU edu \[1234:11e8\] at s: '
    screen '^edu>$' # ^D amid a command would be lost
    keys C-d
    screen '^Connected to s. help lists' '^vfu>$'
}

@test "Tab completes commands, regions, IRQs, fields, values, and lists what there is" {
    serve
    terminal 100
    keys rea Tab co Tab b Tab 2 Enter
    screen '^vfu> read config b 2$' '^00000000: 34 12 '
    keys irq Space t Tab msi Tab
    screen '^vfu> irq trigger msi' '^msi +msix$'
    keys C-u 'send dma_m' C-u 'send DMA_M' Tab fl Tab rea Tab '|w' Tab Space si Tab 4K Space fd=m Tab 4K
    screen '^vfu> send DMA_MAP flags=readable\|writeable size=4K fd=memfd:4K$'
    keys C-u help Space me Tab Tab
    screen '^vfu> help mem$' '^alloc +cmp +dump +fill +load +put +save +write$'
    keys C-u 'send DEVICE_GET_REGION_INFO index=config' Enter
    screen 'index: 7 '
    keys 'expect reply.in' Tab '== co' Tab
    screen '^vfu> expect reply.index == config$'
    keys C-u C-d
    screen '^status 0$'
}

@test "a plugin's commands complete, and ^C ends one that does not; so does a crash" {
    mkdir folder
    cp "$(dirname "$VFUSCOPE")"/{plugins/edu,tests/plugins/hostile}.so folder
    export VFUSCOPE_PLUGIN_PATH=$T/folder
    serve
    terminal
    keys ed Tab fa Tab 5 Enter
    screen '^edu> edu factorial 5$' '^5! = 120$'
    keys 'hostile say w' Tab Enter
    screen '^edu> hostile say world$' '^\\x1b\[31mworld\\x0d\\x0a$'
    keys 'hostile hang' Enter
    screen '^edu> hostile hang$'
    keys C-c 'hostile crash' Enter
    screen 'hostile crash: the plugin crashed \(Killed\)$'
    keys 'read bar0' Enter
    screen '^0x10000ed$'
}

# alone N: a shell without a server, in a terminal of its own; so several may be open
alone() {
    TMUX_SOCKET=$T/tmux$1
    new_terminal 80 24 "'$VFUSCOPE' shell; echo \"status \$?\"; exec cat"
    screen '^vfu>'
}

@test "history is written line by line, readable by its owner alone, and goes from one session to the next" {
    alone 1
    keys 'timeout 4s' Enter timeout Enter
    screen '^4000ms$'
    [ "$(stat -c %a state/vfuscope/history)" = 600 ]
    alone 2
    keys 'timeout 3s' Enter timeout Enter
    screen '^3000ms$'
    keys C-r 4s
    screen '^bck:4s$' '> timeout 4s$'
    # However a session ends, what each of them entered is there.
    TMUX_SOCKET=$T/tmux1
    kill -HUP "$(pgrep -P "$(term display-message -p '#{pane_pid}')")"
    screen '^status 129$'
    alone 3
    keys Up Up
    screen '> timeout 3s$'
    keys Up Up
    screen '> timeout 4s$'
    [ "$(grep -c timeout state/vfuscope/history)" = 4 ]
}

@test "^Z, and fg draws the line anew; it goes on" {
    serve
    new_terminal 80 24 "PS1='$ ' bash --norc --noprofile -i"
    keys "'$VFUSCOPE' s" Enter
    screen '> *$'
    keys 'read ba'
    screen '> read ba$'
    keys C-z
    screen 'Stopped'
    keys fg Enter
    times 2 '> read ba$'
    keys r0 Enter
    screen '^0x10000ed$'
    keys C-d
}

@test "watch goes on until ^C; then the next line" {
    fake counting
    terminal 80 --raw
    keys 'watch bar0' Enter
    screen ' 0x[0-9a-f]+$' # of more than fit on the screen
    keys C-c
    await_that shows_prompt
    keys 'read bar0 | tr 0-9 x; read bar1' Enter
    screen '^xx'
    lacks -q interrupted <(text)
}

# The last line of the screen that has something is a prompt; the kernel may write its ^C after what answers the signal
shows_prompt() {
    text | grep . | tail -n 1 | grep -Eq '^(\^C)?[a-z]*>$'
}

@test "a long line is pasted whole, and the next line is one" {
    serve
    terminal
    term set-buffer "write bar2 b$(printf ' 7%.0s' {1..2490})"$'\nread bar2+2489 w\n'
    term paste-buffer
    screen '^0x7$'
}

# session: a line for the history, and the end
session() {
    TMUX_SOCKET=$T/tmux$1
    terminal
    keys 'read bar0+0x4' Enter
    screen '^0x'
    keys C-d
    screen '^status 0$'
}

@test "history goes neither through another user's link nor into another user's folder or file" {
    [ "$(id -u)" -eq 0 ] || skip "needs root, to have another user's files"
    serve
    mkdir -p state/vfuscope elsewhere
    echo 'of value' > elsewhere/file
    ln -s "$T/elsewhere/file" state/vfuscope/history
    chown -h 65534 state/vfuscope/history
    session 1
    [ "$(cat elsewhere/file)" = 'of value' ]
    # One of one's own leads where it leads
    chown -h 0 state/vfuscope/history
    session 2
    grep -q 'read' elsewhere/file
    # The folder's owner may put there what he likes
    rm -r state/vfuscope
    ln -s "$T/elsewhere" state/vfuscope
    chown -R -h 65534 state
    session 3
    [ ! -e elsewhere/history ]
    rm -r state
    mkdir -p state/vfuscope
    echo theirs > state/vfuscope/history
    chown 65534 state/vfuscope/history
    session 4
    [ "$(cat state/vfuscope/history)" = theirs ]
}

@test "^C cancels the line, and a command that waits; the prompt stays" {
    fake late
    terminal 80 --raw
    keys 'read something long'
    screen '^vfu> read something long$'
    keys C-c
    screen '^vfu> read something long\^C$' '^vfu>$'
    keys 'read bar0' Enter
    await_text fake.out '^9 16$'
    keys C-c
    screen 'vfuscope: read: interrupted$'
    keys 'read bar0' Enter
    screen '^a late reply to REGION_READ \(id 1\)' '^0x11223344$'
    keys 'irq arm msi 0' Enter 'irq wait msi 0 timeout 60s' Enter
    screen '^vfu> irq wait msi 0 timeout 60s$'
    keys C-c
    screen 'irq wait: interrupted$'
    keys C-d
    screen '^status 0$'
}

@test "an interrupt appears above the line being typed, however long, and the line goes on" {
    fake good
    terminal 40 --raw
    keys 'irq arm msi 0' Enter
    await_text fake.out '^8 '
    keys 'send REGION_WRITE region=bar0 offset=0x10 count=4 data=0011'
    keys Left Left Left Left Left Left Left Left Left Left Left Left Left Left Left Left Left Left Left Left
    screen '^t=0x10 count=4 data=0011$'
    kill -USR1 "${STARTED[fake]}"
    screen '^interrupt: msi 0$'
    screen '^t=0x10 count=4 data=0011$'
    upper() { [ "$(text | head -n 6)" = "$1" ]; }
    await_that upper "Connected to s. help lists the commands,
 ^D ends.
vfu> irq arm msi 0
interrupt: msi 0
vfu> send REGION_WRITE region=bar0 offse
t=0x10 count=4 data=0011"
    # Exactly as wide as the terminal, where a cursor may wait behind the last column.
    keys C-e C-u 'send REGION_WRITE region=bar0 offse'
    screen '^vfu> send REGION_WRITE region=bar0 offse$'
    kill -USR1 "${STARTED[fake]}"
    times 2 '^interrupt: msi 0$'
    keys 't=1'
    screen '^t=1$'
    lower() { [ "$(text | sed -n '4,$p' | sed '/^$/d')" = "$1" ]; }
    await_that lower "interrupt: msi 0
interrupt: msi 0
vfu> send REGION_WRITE region=bar0 offse
t=1"
    term resize-window -x 30
    keys 234
    kill -USR1 "${STARTED[fake]}"
    times 3 '^interrupt: msi 0$'
    screen '^bar0 offset=1234$'
    keys C-u 'irq list' Enter
    screen '^msi +0 +3'
}

@test "the device's DMA messages are answered while a person types" {
    fake good
    terminal
    keys 'dma map 0x1000 4K --message' Enter 'mem write 0x1000 cafebabe' Enter 'read b'
    screen '^vfu> read b$'
    kill -ALRM "${STARTED[fake]}"
    await_text fake.out '^memory 1 0 cafebabe$'
    keys C-u 'dma unmap all' Enter
    await_text fake.out '^3 '
    await_that shows_prompt
    keys 'read b'
    screen '^vfu> read b$'
    kill -ALRM "${STARTED[fake]}"
    screen '^DMA_READ of 0x1000\+0x4 by the device refused: not mapped$'
    keys ar0 Enter
    screen '^0x11223344$'
}

@test "the server goes: the prompt says so and stays; connect opens it again" {
    fake good
    terminal
    keys 'read b'
    screen '^vfu> read b$'
    kill -USR2 "${STARTED[fake]}"
    screen '^the server closed the connection \(connect opens it again\)$' '^vfu> read b$'
    keys ar0 Enter
    screen '^vfuscope: read: not connected'
    keys connect Enter 'read bar0' Enter
    screen '^0x11223344$'
}

@test "SIGTERM ends the prompt; the terminal is left as it was" {
    serve
    terminal
    keys 'read bar0' Enter half
    screen '^vfu> half$'
    kill -TERM "$(pgrep -P "$(term display-message -p '#{pane_pid}')")"
    screen '^status 0$'
    keys 'echoed' Enter
    screen '^echoed$'
}

@test "what is pasted behind quit is for whoever reads the terminal next" {
    serve
    new_terminal 80 24 "'$VFUSCOPE' s; exec cat -n"
    screen '^vfu>'
    term set-buffer $'read bar0\nquit\necho this\n'
    term paste-buffer
    screen '^0x10000ed$' '^ +1 +echo this$'
}
