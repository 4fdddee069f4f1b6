# The full screen as a person uses it: a real terminal, driven through tmux.
load lib/common
load lib/terminal

setup() {
    common_setup
    terminal_setup
    terminals=0
    golden=$BATS_TEST_DIRNAME/golden
    cp "$golden"/{qemu-boot,messages,sample-client}.pcap .
}

teardown() {
    terminal_teardown
    common_teardown
}

# browse [-x COLUMNS] [-y LINES] [-t TERM] ARGUMENT...: at its first picture; its exit status is printed when it ends
browse() {
    local columns=80 lines=24 type=screen
    TMUX_SOCKET=$T/tmux$((terminals += 1)) # one that ends is not in the way of the next
    while [[ ${1:-} == -[xyt] ]]; do
        case $1 in
        -x) columns=$2 ;;
        -y) lines=$2 ;;
        -t) type=$2 ;;
        esac
        shift 2
    done
    new_terminal "$columns" "$lines" \
        "stty -g > before; TERM=$type '$VFUSCOPE' browse $*; status=\$?; stty -g > after; echo \"status \$status\"; exec cat"
}

# The lines that have something reversed, without their colours; what is reversed at a line's end goes on in the next
reversed() {
    term capture-pane -p -e | awk '{
        rest = $0; text = ""; hit = 0
        while (match(rest, /\033\[[0-9;]*m/)) {
            before = substr(rest, 1, RSTART - 1); codes = substr(rest, RSTART + 2, RLENGTH - 3)
            hit = hit || (on && before != ""); text = text before
            for (i = split(codes, code, ";"); i > 0; i--)
                if (code[i] == 7) { on = 1; break } else if (code[i] + 0 == 0 || code[i] == 27) { on = 0; break }
            rest = substr(rest, RSTART + RLENGTH)
        }
        if (hit || (on && rest != "")) print text rest
    }'
}

# chosen PATTERN: wait until such a line is the chosen one, which is reversed
chosen() {
    is_reversed() { reversed | grep -Eq -- "$1"; }
    await_that is_reversed "$1" || { text; return 1; }
}

@test "the list, the fields and the bytes; keys move; a command and its reply lead to each other; q ends it" {
    browse qemu-boot.pcap
    screen '^ 1 list +2 why ' '^ +0.003090 +#1 +VERSION' '^ qemu-boot.pcap +1/362$' '^\? keys +q end'
    keys j j j j
    chosen '#3 +DMA_MAP'
    screen '^#3 client > DMA_MAP +│0000 01 00 02 00 30 00 00 00 ' '^#4 server < DMA_MAP +237.0us' '^  fd 0: memfd, 256M'
    keys Enter Down Down Down
    chosen 'flags: 0x3 \(readable\|writeable\)'
    # Its bytes are marked, and only those.
    marked() { term capture-pane -p -e | grep -a 0010 | grep -aq $'\e\\[7m03 00 00 00'; }
    await_that marked
    keys %
    chosen '^#4 server < DMA_MAP'
    screen '│0000 01 00 02 00 10 00 00 00 '
    keys %
    chosen '^#3 client > DMA_MAP'
    keys Escape G
    screen ' 362/362$'
    keys g
    screen ' 1/362$'
    keys q
    screen '^status 0$'
    cmp before after
}

@test "a filter as it is typed: completion, a mistake at its column, the old list until it is right; a bare name waits" {
    browse sample-client.pcap
    screen ' 1/[0-9]+$'
    keys f 'command == REGION_WR' Tab ' and region == ba'
    screen '^ +v ba: ' ' filter: command == REGION_WRITE '
    keys r0 Enter
    screen '^ sample-client.pcap  filter: command == REGION_WRITE and region == … 1/2 of 130'
    lacks -q DEVICE_GET <(text)
    keys X
    screen ' 42/130$'
    keys f error
    screen '^filter: error$'
    ! text | grep -q 'pcap  filter: '
    keys Space
    screen '^ sample-client.pcap  filter: error  '
    # Escape takes it back.
    keys Escape
    screen '^ sample-client.pcap +[0-9]+/[0-9]+$'
}

@test "search, numbers, times, errors, marks" {
    browse sample-client.pcap
    screen ' 1/'
    "$VFUSCOPE" decode sample-client.pcap --pairs > all
    keys /DEVICE_GET_IRQ Enter
    chosen DEVICE_GET_IRQ
    keys : 7 Enter
    chosen '#7 '
    keys m g "'"
    chosen '^\* .*#7 '
    keys : 99999 Enter
    screen '^there is no message #99999$'
    keys e
    screen '^(no error behind here|\? keys)'
    keys '/[' Enter
    screen '^/\[$'
    keys Escape t
    screen '^times since this message$'
    screen '^\* +0.000000 +#7 '
}

@test "screens of their own; a line leads to its message" {
    browse qemu-boot.pcap
    screen ' 1/362$'
    keys : 700 Enter
    screen '#699|#700'
    keys 3
    screen '^The DMA map, as of #700' ' rw  shared +#[0-9]+$'
    keys 4
    screen '^The device.s regions' '^  bar0 +1M +rw. +#10$' '^  config '
    keys /
    screen '^this key does nothing here'
    keys j Enter
    chosen '#9 +DEVICE_GET_REGION_INFO +bar0'
    for key in 2 5 6 7 8; do keys $key; done
    screen '^716 messages'
    keys 9
    screen 'looks like QEMU 11'
    keys '?'
    screen '^Moving$' '^  j Down +to the next line$'
    keys q q
    screen '^status 0$'
}

# down PATTERN: j until such a line is the chosen one
down() {
    local i before
    for i in {1..40}; do
        before=$(reversed)
        ! grep -Eq -- "$1" <<< "$before" || return 0
        keys j
        await_that moved "$before"
    done
    text
    return 1
}
moved() { [ "$(reversed)" != "$1" ]; }

@test "interrupts by vector: what armed one, and when it fired last, from which * and # go on" {
    cp "$golden/nvme-mapped.pcap" .
    "$VFUSCOPE" decode nvme-mapped.pcap > all
    browse -x 100 nvme-mapped.pcap
    screen ' 1/[0-9]+$'
    keys G 5
    screen '^msix of all connections' '^    vector 1 +armed 1 +masked 0 +fired 9  #553$'
    down 'vector 1 '
    keys Enter
    chosen '#553 +DEVICE_SET_IRQS'
    keys G 5
    down 'last at 13.602962'
    keys Enter
    chosen '13.602962 .* interrupt msix 1'
    keys '#'
    chosen "$(grep 'interrupt msix 1' all | tail -n 2 | head -n 1 | grep -o '[0-9]*\.[0-9]*') .* interrupt msix 1"
    keys '*'
    chosen '13.602962 .* interrupt msix 1'
    keys '*'
    screen '^no one of the same place behind here'
}

@test "of several messages that a line names Tab chooses one; among the fields, too, a line leads to what it names" {
    cat > log.txt << 'END'
keeps none
client VERSION json={"capabilities":{"max_msg_fds":8}}
server reply VERSION json={"capabilities":{"max_msg_fds":8}}
client DEVICE_FEATURE flags=set feature=6 page_size=4K
server reply DEVICE_FEATURE flags=set feature=6 page_size=4K
client DMA_MAP address=2M size=64K flags=readable|writeable fds=memfd:65536
server reply DMA_MAP
client DEVICE_FEATURE flags=get feature=8 iova=2M length=64K page_size=4K argsz=40
server reply DEVICE_FEATURE header.flags=0x21 header.error=EINVAL raw=
END
    "$BUILD/tests/c/rules" "$PWD/log.pcap" all "$PWD/log.txt" > /dev/null || true
    browse -x 120 log.pcap
    screen '1/'
    keys 2
    down 'mapped by #5, after the log began \(#3\)'
    keys Enter
    chosen '#5 +DMA_MAP'
    keys 2 Tab Enter
    chosen '#3 +DEVICE_FEATURE'
    keys e Enter
    chosen '^#7 client > DEVICE_FEATURE'
    down 'because .*mapped by #5,'
    keys Enter
    chosen '^#5 client > DMA_MAP'
}

# mouse BUTTON COLUMN LINE: pressed and let go there, as a terminal tells it
mouse() {
    keys -H $(printf '\033[<%s;%s;%sM\033[<%s;%s;%sm' "$@" "$@" | od -An -v -tx1)
}

@test "the mouse chooses a line, its wheel scrolls, a tab opens" {
    browse -t xterm-256color messages.pcap
    screen ' 1/149$'
    mouse 0 10 5
    screen ' 4/149$'
    mouse 65 10 5
    screen ' 7/149$'
    mouse 64 10 5
    screen ' 4/149$'
    mouse 0 13 1
    screen '^What is wrong, and whose fault it is$'
    mouse 0 3 1
    screen ' 4/149$'
}

@test "the manual has every key, in the same words" {
    local page=$BATS_TEST_DIRNAME/../man/vfuscope-browse.1 count=0 words
    tr '\n' ' ' < "$page" | sed 's/\\(aq/'"'"'/g' > flat
    while IFS= read -r words; do
        count=$((count + 1))
        grep -Fqx -- "$words" "$page" || echo "lacks: $words"
    done < <(sed -n '/browse_keys\[\] = {/,/^};/s/^    { {.*}, "\(\\.\|[^"\]\)*", "\([^"]*\)",.*/\2/p' \
                 "$BATS_TEST_DIRNAME/../cli/browse/keys.c") > lacks
    [ "$count" -gt 50 ]
    [ ! -s lacks ] || { cat lacks; false; }
}

@test "a command is copied as a line of the shell" {
    browse qemu-boot.pcap
    screen ' 1/362$'
    keys : 3 Enter
    chosen '#3 +DMA_MAP'
    keys y
    screen '^send DMA_MAP argsz=0x20 flags=0x3 offset=0x0 address=0x0 size=0x10000000$' '^  fd=memfd:256M$'
}

# What a page's verdict is, and its data
of_page() {
    sed -n '/<section id="verdict"/,/<\/section>/p; /id="data">/,/<\/script>/p' "$1"
}

@test "what is shown is written as a page, which is the one that report makes; it is refused as that is" {
    browse qemu-boot.pcap
    screen ' 1/362$'
    keys w all.html Enter
    screen '^all.html: written as report, 362 lines of the list$'
    "$VFUSCOPE" report qemu-boot.pcap -o report.html
    diff <(of_page all.html) <(of_page report.html)
    keys f 'command == DMA_MAP' Enter
    screen ' filter: command == DMA_MAP +[0-9]+/34 of 362$'
    keys w some.html Enter
    screen '^some.html: written as report, 34 lines of the list$'
    "$VFUSCOPE" report qemu-boot.pcap -o report.html --filter 'command == DMA_MAP'
    diff <(of_page some.html) <(of_page report.html)
    grep -q '<dt>Filter</dt><dd>command == DMA_MAP</dd>' some.html
    keys w none/page.html Enter
    screen '^none/page.html: '
    keys q
    screen '^status 0$'
    lacks -q none/page.html <(text)
}

@test "what is shown is written, as its name says: a capture, text, JSON" {
    browse qemu-boot.pcap
    screen ' 1/362$'
    keys f 'command == DMA_MAP' Enter
    screen ' filter: command == DMA_MAP +[0-9]+/34 of 362$'
    keys w out.pcap Enter
    screen '^out.pcap: written as capture, 34 lines of the list$'
    [ "$("$VFUSCOPE" decode out.pcap | grep -c DMA_MAP)" = 68 ]
    keys w out.json Enter
    screen '^out.json: written as JSON'
    [ "$(grep -c '"command":"DMA_MAP"' out.json)" = 68 ]
    keys w /dev Enter
    screen '^/dev: '
}

@test "of several captures why has a verdict each, whose numbers lead to that file; a capture is made of them" {
    browse -x 100 messages.pcap qemu-boot.pcap
    screen ' 1/'
    keys 2
    screen '^messages.pcap:$'
    down 'first #27: '
    keys Enter
    chosen 'messages.*#27 '
    keys G 2 g
    down 'first #19: '
    keys Enter
    chosen 'messages.*#19 '
    keys f 'command == DMA_MAP' Enter
    screen ' filter: command == DMA_MAP '
    keys w both.pcap Enter
    screen '^both.pcap: written as capture'
    of_maps() {
        "$VFUSCOPE" decode --json --filter 'command == DMA_MAP' "$@" |
            jq -c 'select(.no) | [.conn, .from, .type, .id, .payload, .latency_us]'
    }
    diff <(of_maps both.pcap) <(of_maps messages.pcap qemu-boot.pcap)
    keys w both.html Enter
    screen '^both.html: a page is of one capture '
}

@test "other sizes, terminals and encodings; too small is said; hostile text does no harm" {
    browse -x 200 -y 60 qemu-boot.pcap
    screen '#1 +VERSION' '1/362$'
    term resize-window -x 60 -y 20
    screen '^60x20: at least 80x24 are needed'
    term resize-window -x 100 -y 30
    screen '1/362$' '#1 +VERSION'
    keys q
    screen '^status 0$'
    browse -t vt100 messages.pcap
    screen '#1t +dma write'
    keys G k k k Enter j j j j
    keys q q
    screen '^status 0$'
    browse -t dumb messages.pcap
    screen 'vfuscope: browse: TERM=dumb: ' '^status 2$'
}

@test "SIGTERM and SIGHUP end it, and leave the terminal as it was; so does ^Z, and fg goes on" {
    browse qemu-boot.pcap
    screen ' 1/362$'
    kill -TERM "$(pgrep -P "$(term display-message -p '#{pane_pid}')")"
    screen '^status 130$'
    cmp before after
    TMUX_SOCKET=$T/tmux
    new_terminal 80 24 "PS1=prompt: exec bash --norc"
    keys "stty -g > before; '$VFUSCOPE' browse qemu-boot.pcap" Enter
    screen ' 1/362$'
    keys C-z
    screen 'Stopped'
    keys 'stty -g > after; fg' Enter
    screen ' 1/362$'
    cmp before after
    keys j q
    screen '^prompt:$'
    pid=$(term display-message -p '#{pane_pid}')
    keys "'$VFUSCOPE' browse qemu-boot.pcap" Enter
    screen ' 1/362$'
    pid=$(pgrep -P "$pid")
    term kill-server
    await_that gone "$pid"
}

@test "without a terminal it is an error, status 2; a file that is none too, and one that is cut is shown, status 1" {
    run -2 "$VFUSCOPE" browse qemu-boot.pcap
    [[ $output == *'standard output is no terminal'* ]]
    echo nonsense > none
    browse none
    screen 'vfuscope: none: ' '^status 1$'
    head -c 20000 qemu-boot.pcap > cut.pcap
    browse cut.pcap
    screen ' CUT$' '#1 +VERSION'
    keys q
    screen '^status 1$'
}
