# Hints and the pager at the shell's prompt, on a real terminal.
load lib/common
load lib/terminal

setup() {
    common_setup
    terminal_setup
    export HOME=$T XDG_STATE_HOME=$T/state LSAN_OPTIONS=detect_leaks=0
    unset NO_COLOR
}

teardown() {
    terminal_teardown
    common_teardown
}

# terminal WIDTH HEIGHT [OPTION]
terminal() {
    new_terminal "$1" "$2" "'$VFUSCOPE' shell s ${3:-}$ended_by"
    screen '^vfu>'
}

@test "hints stand behind the cursor where a word begins, and go with the next key" {
    serve
    terminal 80 24
    keys 'read '
    screen '^vfu> read REGION\[\+OFFSET\] \[b\|w\|l\|q\] \[COUNT\]'
    [ "$(term display-message -p '#{cursor_x}')" = 10 ]
    text -e | grep -q $'\x1b\[90mREGION'
    keys 'bar0'
    screen '^vfu> read bar0$'
    keys Enter
    screen '^0x10000ed$'
    keys 'dma '
    screen '^vfu> dma map\|unmap\|list\|trace$'
    keys C-u 'send DMA_MAP size=4K '
    screen '^vfu> send DMA_MAP size=4K flags= offset= address=$'
    keys 'flags='
    screen '^vfu> send DMA_MAP size=4K flags=readable\|writeable\|mmap\|file-io$'
    keys C-u 'time repeat 3 irq wait '
    screen '^vfu> time repeat 3 irq wait INDEX VECTOR \[timeout TIME\] \[count N\]$'
    keys C-a
    screen '^vfu> time repeat 3 irq wait$'
    keys C-e C-u 'send DEVICE_GET_REGION_INFO index=config' Enter
    screen 'index: 7 '
    keys 'expect reply.flags == '
    screen '^vfu> expect reply.flags == read\|write\|mmap\|caps$'
}

@test "a hint is cut at the terminal's edge, and makes room for an interrupt" {
    start fake python3 "$BATS_TEST_DIRNAME/lib/fake_server.py" "$T/s" good
    await_text "$T/fake.err" '^listening on ' fake
    terminal 40 24 --raw
    keys 'irq arm msi 0' Enter
    await_text fake.out '^8 '
    keys 'read '
    screen '^vfu> read REGION\[\+OFFSET\] \[b\|w\|l\|q\] \[CO$'
    kill -USR1 "${VFU_PIDS[fake]}"
    screen '^interrupt: msi 0$'
    screen '^vfu> read REGION\[\+OFFSET\] \[b\|w\|l\|q\] \[CO$'
    [ "$(text | grep -c .)" = 5 ]
    keys bar0 Enter
    screen '^0x11223344$'
    text | grep -qx 'vfu> read bar0'
}

@test "NO_COLOR: no hints" {
    serve
    NO_COLOR=1 terminal 80 24
    keys 'read ' b
    screen '^vfu> read b$'
    keys C-u 'read ' Enter
    screen '^vfuscope: read: usage'
}

@test "output longer than the screen goes through PAGER, shorter does not; the connection is served meanwhile" {
    serve
    printf '#!/bin/sh\necho "PAGER $(wc -l)"\n' > pager
    chmod +x pager
    PAGER=$T/pager terminal 80 24
    keys 'help' Enter
    screen '^PAGER [0-9]+$'
    keys 'help read' Enter
    screen 'Example: read bar0'
    keys C-l 'read bar2 b 320' Enter
    screen '^00000130: '
    keys 'read bar2 b 640' Enter
    screen '^PAGER 40$'
    keys C-d
    screen '^status 0$'
}

@test "without a pager long output is shown all the same" {
    serve
    PAGER=/nonexistent/pager terminal 80 24
    keys 'help' Enter
    screen '^help COMMAND says more about one of them.$'
}
