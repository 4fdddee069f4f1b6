# LISTEN: how a socket comes to its path.
load lib/common

# names FOLDER: prints what inotify says of names in it, "ready" once it looks
names() {
    start names python3 -c '
import ctypes, os, struct, sys
libc = ctypes.CDLL(None)
fd = libc.inotify_init()
libc.inotify_add_watch(fd, sys.argv[1].encode(), 0x100 | 0x80)
print("ready", flush=True)
while True:
    data = os.read(fd, 4096)
    while data:
        _, mask, _, size = struct.unpack("iIII", data[:16])
        print("created" if mask & 0x100 else "renamed", data[16:16 + size].rstrip(b"\0").decode(), flush=True)
        data = data[16 + size:]' "$1"
    await_text names.out ready names
}

@test "the path appears when one can connect to it, by a rename" {
    names "$T"
    serve
    await_text names.out '^renamed s$' names
    lacks -q '^created s$' names.out
    stop names
    [ "$(find . -name '.*vfuscope*')" = '' ]
}

@test "the name that the kernel keeps says what it belongs to" {
    serve
    grep -q "$T/\.s\.vfuscope-${STARTED[serve]}\$" /proc/net/unix
}

@test "a path of 107 bytes works" {
    local long=$T/$(printf '%*s' $((104 - ${#T})) '' | tr ' ' d)
    mkdir "$long"
    start serve "$VFUSCOPE" serve "$long/s"
    await_text serve.err '^listening on ' serve
    run -0 timeout "$LIMIT" "$VFUSCOPE" shell --raw "$long/s" -c 'read bar0'
    stop serve
    [ -z "$(ls -A "$long")" ]
    run -2 --separate-stderr timeout "$LIMIT" "$VFUSCOPE" serve "${long}dd/s"
    [[ $stderr == *"has at most 107 bytes"* ]]
}

@test "of several at one old socket one listens, the others end with status 2; a live one is never replaced" {
    local round i one won lost
    python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$T/s" # that nobody serves
    for round in 1 2 3 4 5; do
        won=0 lost=0
        for i in 1 2 3; do
            start "serve$i" "$VFUSCOPE" serve "$T/s"
        done
        for i in 1 2 3; do
            await_text "serve$i.err" '^(listening on|vfuscope: .*in use by another process)' "serve$i" || true
            if grep -q '^listening' "serve$i.err"; then
                one=serve$i won=$((won + 1))
            else
                await "serve$i"
                [ "$status" -eq 2 ]
                lost=$((lost + 1))
            fi
        done
        [ "$won $lost" = '1 2' ]
        run -0 timeout "$LIMIT" "$VFUSCOPE" shell --raw "$T/s" -c 'read bar0'
        stop "$one" KILL
        [ -S s ]
        rm -f serve?.err
    done
}

@test "mode and group are those of the socket, never of what somebody else put in its place" {
    [ "$(id -u)" -eq 0 ] || skip "needs root, to have a folder of somebody else's"
    need strace strace
    mkdir theirs && chmod 777 theirs
    export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 # which does not work under strace
    serve
    start traced strace -f -e trace=file,fchmod,fchown -o calls "$VFUSCOPE" tap theirs/t s --once --mode 0666 --group 65534
    await_text traced.err '^listening on ' traced
    run -0 timeout "$LIMIT" "$VFUSCOPE" shell --raw theirs/t -c 'read bar0'
    await traced
    grep -q 'fchownat([0-9]*, "", -1, 65534, AT_EMPTY_PATH)' calls
    lacks -E '[( ](chmod|chown|lchown)\(|fchmodat|fchownat\((AT_FDCWD|[0-9]+, "[^"])' calls
    start tap "$VFUSCOPE" tap theirs/t none --mode 0640 --group 65534
    await_text tap.err '^listening on ' tap
    [ "$(stat -c '%a %g %U' theirs/t)" = '640 65534 root' ]
}
