# `vfuscope report`: what stands in the page, what is left out of it, the file; and in a browser (lib/browser.py) that it works
# there: no error on its console, nothing that its Content-Security-Policy forbids.
load lib/common

golden=$BATS_TEST_DIRNAME/golden

# say NAME: the conversation on standard input becomes the capture NAME.pcap (tests/c/rules.c has its language)
say() {
    { echo 'keeps say-report'; cat; } > "$1.txt"
    "$(dirname "$TOOLS")/c/rules" "$PWD/$1.pcap" all "$PWD/$1.txt" > "$1.log"
    lacks -q '^not ok' "$1.log"
}

# One that is refused, one that hangs, a violation, guest memory in all its places, and strings that want to be more.
hostile() {
    say hostile << 'END'
client VERSION json={"capabilities":{"max_msg_fds":8,"</script><img\u0020src=x\u0020onerror=alert(1)>":"<!--\u2028]]>'\"&amp;"}}
server reply VERSION json={"capabilities":{"max_msg_fds":8}}
client DMA_MAP address=64K size=64K flags=3
server reply DMA_MAP
server DMA_READ address=64K count=16
client reply DMA_READ address=64K data=5ec2e75ec2e75ec2e75ec2e75ec2e701
server DMA_WRITE address=68K data=5ec2e75ec2e75ec2e75ec2e75ec2e702
client reply DMA_WRITE address=68K count=16
client REGION_WRITE region=0 offset=0 data=5ec2e75ec2e75ec2e75ec2e75ec2e703
server reply REGION_WRITE region=0 offset=0 count=16
client REGION_READ region=0 offset=0x20 count=4
server reply REGION_READ header.flags=0x21 header.error=EINVAL raw=5ec2e75ec2e75ec2e704
client REGION_READ region=0 offset=0x24 count=4
server reply REGION_READ region=0 offset=0x24 data=78563412
client REGION_WRITE region=0 offset=0x24 data=78563412
server reply REGION_WRITE raw=240000000000000000000000040000005ec2e75ec2e75ec2e705
client MIG_DATA_READ size=16 argsz=24
server reply MIG_DATA_READ data=5ec2e75ec2e75ec2e75ec2e75ec2e706
server DMA_WRITE address=72K data=5ec2e75ec2e75ec2e75ec2e75ec2e75ec2e707 keep=40
client REGION_READ region=0 offset=0x28 count=4
wait 7
END
}

page() {
    "$VFUSCOPE" report "$1" -o page.html "${@:2}"
}

browser() {
    need chromium chromium
    need python3 python3
    python3 "$BATS_TEST_DIRNAME/lib/browser.py" "$@"
}

# What the page's script gets, as JSON.
data() {
    sed -n '/<script type="application\/json" id="data">/,/<\/script>/p' page.html | sed '1d;$d'
}

@test "verdict, reasons and the messages around them are plain HTML, and link to each other" {
    hostile
    page hostile.pcap
    grep -q '<section id="verdict" class="hangs">' page.html
    grep -Fq 'the client waits for the server&#39;s reply to <a href="#20">#20</a>, REGION_READ' page.html
    grep -q '<h3>What was refused</h3>' page.html
    grep -q '<summary>what that means</summary>' page.html
    for link in $(grep -o 'href="#[0-9]*"' page.html | grep -o '[0-9]*' | sort -u); do
        [ "$(grep -c "id=\"$link\"" page.html)" -eq 1 ] || { echo "#$link is no row"; false; }
    done
    # What made it, and of what
    for words in 'hostile.pcap' 'report hostile.pcap -o page.html' "on</dt><dd>$(uname -s) $(uname -r)" 'Guest memory was left out'; do
        grep -Fq "$words" page.html || { echo "lacks $words"; false; }
    done
}

@test "status 0 whatever the verdict; options that are wrong write nothing" {
    hostile
    run -0 page hostile.pcap
    [ -z "$output" ]
    run -0 page "$golden/qemu-boot.pcap"
    grep -q '<section id="verdict" class="fine">' page.html
    rm page.html
    run -2 --separate-stderr "$VFUSCOPE" report hostile.pcap
    [[ $stderr == *'report: where to? -o FILE.html'* ]]
    run -2 page hostile.pcap --filter 'nonsense =='
    run -2 page none.pcap
    [ ! -e page.html ]
    run -2 --separate-stderr "$VFUSCOPE" report hostile.pcap -o hostile.pcap
    [[ $stderr == *"can't write to the file that is being read"* ]]
    run -2 --separate-stderr "$VFUSCOPE" report hostile.pcap "$golden/qemu-boot.pcap" -o page.html
    [[ $stderr == *'report: a page is of one capture (vfuscope decode FILE... -w OUT makes one of several)'* ]]
    [ ! -e page.html ]
    # What comes before damage is there.
    head -c 1000 "$golden/qemu-boot.pcap" > short.pcap
    run -1 page short.pcap
    grep -q '^</html>$' page.html
}

@test "strings of others are text: no mark of theirs, and the data can't end" {
    need jq jq
    hostile
    page hostile.pcap
    lacks -i '<img' page.html
    [ "$(grep -c '</script>' page.html)" -le 3 ]
    data > data.json
    lacks "[<>&$(printf '\u2028\u2029')]" data.json
    jq -e '[.words[] | select(contains("</script><img"))] | length > 0' data.json
    [ "$(jq '.count' data.json)" -eq "$(jq '.columns.no | length' data.json)" ]
}

# The payloads in data.json, in hex, a line each
bodies() {
    jq -r '.bodies[]' data.json | while read -r body; do
        base64 -d <<< "$body" | od -An -v -tx1 | tr -d ' \n'
        echo
    done
}

@test "guest memory is left out, and told; with --memory it is there, and the page says so" {
    need jq jq
    hostile
    page hostile.pcap
    data > data.json
    # As bytes, as a number, and as text
    bodies > bodies
    lacks 5ec2e7 bodies
    lacks -i '5ec2e7\|e7c25e' page.html
    grep -q '78563412' bodies
    for what in '2 × data of a DMA message' 'surplus bytes' 'the body of an error reply' 'data of a message that was cut' 'migration data' \
        'register data of more than 8 bytes'; do
        grep -q "$what" page.html || { echo "lacks: $what"; false; }
    done
    [ "$(jq '.hidden | length' data.json)" -ge 6 ]
    page hostile.pcap --memory
    grep -q 'This page holds guest memory' page.html
    data > data.json
    jq -e '.hidden == []' data.json
    bodies > bodies
    for n in 1 2 3 4 5 6; do
        grep -q "5ec2e75ec2e75ec2e70$n\|5ec2e75ec2e75ec2e75ec2e75ec2e70$n" bodies
    done
}

@test "with --memory the file is private, and no symlink is followed; FIFOs and devices are written" {
    hostile
    umask 022
    : > page.html
    page hostile.pcap
    [ "$(stat -c %a page.html)" = 644 ]
    page hostile.pcap --memory
    [ "$(stat -c %a page.html)" = 600 ]
    ln -s page.html link
    run -2 --separate-stderr "$VFUSCOPE" report hostile.pcap -o link --memory
    [[ $stderr == *'link: what may hold guest memory is not written through a symbolic link' ]]
    "$VFUSCOPE" report hostile.pcap -o link
    "$VFUSCOPE" report hostile.pcap -o /dev/null --memory
    run -1 --separate-stderr "$VFUSCOPE" report hostile.pcap -o /dev/full --memory
    [[ $stderr == *"No space left on device"* ]]
    mkfifo fifo
    "$VFUSCOPE" report hostile.pcap -o fifo --memory &
    cat fifo > read.html
    wait $!
    grep -q '^</html>$' read.html
    "$VFUSCOPE" report - -o - < hostile.pcap | grep -q '^</html>$'
}

@test "a filter picks what is listed; the verdict stays" {
    need jq jq
    hostile
    page hostile.pcap --filter 'command == DMA_MAP'
    grep -q 'class="hangs"' page.html
    data | jq -e '.count == 1'
    grep -Fq 'command == DMA_MAP' page.html
    page hostile.pcap --filter 'error'
    data | jq -e '.count == 1'
    page "$golden/qemu-boot.pcap"
    all=$(data | jq .count)
    page "$golden/qemu-boot.pcap" --until 0.5
    data | jq -e ".count > 10 and .count < $all"
}

# In one browser, whose start takes the longest.
@test "in a browser: no errors; the list filters, sorts, unfolds, #N leads there; keys, plots; the verdict without JavaScript" {
    hostile
    page hostile.pcap
    local filter='(() => { const f = document.querySelector("#filter"); f.value = TEXT; f.form.requestSubmit(); return
        [document.querySelector("#found").textContent, ...[...document.querySelectorAll("#list .row .n a")].map((a) => a.textContent)]; })()'
    filter=${filter//$'\n'/ }
    run -0 --separate-stderr browser page.html \
        'document.images.length' \
        'document.querySelectorAll("#list .row").length > 10' \
        "${filter/TEXT/'"offset in 0x20..0x24 and not error"'}" \
        "${filter/TEXT/'"latency >"'}" \
        "${filter/TEXT/'"img or #5"'}" \
        '(() => { document.querySelector("#quick button").click(); document.querySelector(".head button[data-sort=latency_ns]").click();
            return document.querySelector(".head [aria-sort=descending]").textContent; })()' \
        'new Promise((done) => { location.hash = "#12"; setTimeout(() => done(document.querySelector(".row.cursor .detail").innerText), 50); })' \
        'page.html#20' \
        'document.querySelector(".row.cursor").innerText' \
        '(() => { const v = document.querySelector(".view"), press = (key) => v.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            press("Home"); press("ArrowDown"); press("Enter"); return document.querySelector(".row.cursor .detail") !== null; })()' \
        '[...document.querySelectorAll(".plot")].map((p) => p.querySelectorAll("canvas").length > 0)' \
        --no-script 'page.html#20' \
        'document.querySelector("#verdict").innerText' \
        'document.querySelector(":target").closest("tr").innerText' \
        '[...document.querySelectorAll(".scripted")].every((e) => getComputedStyle(e).display === "none")'
    [ -z "$stderr" ] || { echo "$stderr"; false; }
    [ "${lines[0]}" = 0 ]
    [ "${lines[1]}" = true ]
    [[ ${lines[2]} == '["2 of '*' rows", "#13", "#15"]' ]]
    [ "${lines[3]}" = '["a value is missing at the end", "#13", "#15"]' ]
    [[ ${lines[4]} == '["2 of '*' rows", "#1", "#5"]' ]]
    [ "${lines[5]}" = '"took"' ]
    [[ ${lines[6]} == *'#11 command by the client'*'region: 0 (bar0)'*'#12 reply by the server'*'error EINVAL'*'10 bytes of guest memory'*'··'* ]]
    [[ ${lines[7]} == *'#20'*'no reply came'* ]]
    [ "${lines[8]}" = true ]
    [ "${lines[9]}" = '[true, true, true, true]' ] || grep -q 'This page has no plots' page.html
    [[ ${lines[10]} == *'What hangs'*'REGION_READ'* ]]
    [[ ${lines[11]} == *'REGION_READ'*'no reply'* ]]
    [ "${lines[12]}" = true ]
}

@test "why --report: the verdict and its page at once" {
    run -0 "$VFUSCOPE" why "$golden/qemu-boot.pcap" --report page.html
    [[ $output == *"Nothing is wrong"* ]]
    grep -q '<html' page.html
    "$VFUSCOPE" report "$golden/qemu-boot.pcap" -o other.html
    [ "$(grep -o '"no":\|<tr' page.html | wc -l)" = "$(grep -o '"no":\|<tr' other.html | wc -l)" ]
    run -2 "$VFUSCOPE" why "$golden/qemu-boot.pcap" "$golden/edu.pcap" --report page.html
    [[ $output == *"--report: a page is of one capture (vfuscope decode FILE... -w OUT makes one of several)" ]]
}

@test "tap --report: a page of what was seen, at the end; no guest memory in it" {
    serve
    tap -q --report page.html
    "$VFUSCOPE" shell t -c 'dma map 0x100000 4K' -c 'read bar0'
    stop tap
    [ "$status" -eq 0 ]
    grep -q '<html' page.html
    grep -q 'DMA_MAP' page.html
    run -2 "$VFUSCOPE" tap u s --report nowhere/page.html
}
