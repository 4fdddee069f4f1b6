# The program itself: version, help, usage mistakes, installing.
load lib/common

@test "--version says the version" {
    run -0 "$VFUSCOPE" --version
    [[ $output =~ ^vfuscope\ [0-9]+\.[0-9]+ ]]
}

@test "-V and --version say what is built in, the libraries, where plugins are looked for, and which there are" {
    mkdir one none
    touch one/b.so one/a.so one/.so one/c.txt
    export VFUSCOPE_PLUGIN_PATH=$T/one::$T/none
    run -0 --separate-stderr "$VFUSCOPE" --version
    [ "$output" = "$("$VFUSCOPE" -V)" ]
    [ -z "$stderr" ]
    grep -Eq '^attach: (bpf, )?ptrace$' <<< "$output"
    grep -Eq '^libraries: libedit [0-9.]+, cJSON [0-9.]+, libpcap [0-9.]+, zlib [0-9.]+, zstd [0-9.]+' <<< "$output"
    [[ $output == *"
plugins: $T/one: a, b
plugins: $T/none: none" ]]
    VFUSCOPE_PLUGIN_PATH= run -0 "$VFUSCOPE" -V
    [[ $output == *"plugins: none"* ]]
}

@test "plugins are found beside a program that is not installed, never in the current folder, nor where others could put them" {
    local built
    built=$(dirname "$VFUSCOPE")
    mkdir -p there/plugins here/plugins
    cp "$VFUSCOPE" there/vfuscope
    cp "$built/plugins/edu.so" there/plugins
    cp "$built/plugins/pci.so" here/plugins
    unset VFUSCOPE_PLUGIN_PATH
    cd here
    run -0 ../there/vfuscope -V
    [ "${lines[-1]}" = "plugins: $T/there/plugins: edu" ]
    run -0 ../there/vfuscope help plugins
    [ "${lines[0]}" = "plugins: $T/there/plugins: edu" ]
    chmod o+w ../there/plugins
    run -0 ../there/vfuscope -V
    [[ ${lines[-1]} != *"$T"* ]]
}

@test "vfuscope FILE decodes it; a capture for a socket, and a socket for a capture, are told with what to do" {
    local edu=$BATS_TEST_DIRNAME/golden/edu.pcap
    "$VFUSCOPE" decode "$edu" > decoded
    cmp <("$VFUSCOPE" "$edu") decoded
    cmp <("$VFUSCOPE" - < "$edu") decoded
    cmp <("$VFUSCOPE" <(cat "$edu")) decoded
    cp "$edu" capture # without a dot or a slash
    cmp <("$VFUSCOPE" capture) decoded
    cmp <("$VFUSCOPE" capture -v) <("$VFUSCOPE" decode "$edu" -v)
    cmp <("$VFUSCOPE" capture:3..7) <("$VFUSCOPE" decode capture:3..7)
    cmp <("$VFUSCOPE" capture 3..7) <("$VFUSCOPE" decode capture 3..7)
    serve
    run -0 "$VFUSCOPE" s -c info
    for line in "shell capture -c info" "check capture" "ping capture" "replay capture capture" "tap listen capture"; do
        run -2 --separate-stderr timeout "$LIMIT" "$VFUSCOPE" $line
        [[ $stderr == *"capture: can't connect: a file, not a socket (if it is a capture, vfuscope decode "*"capture shows it)"* ]]
        [ -z "$output" ]
        [ ! -e listen ]
    done
    for line in "decode s" "why s" "report s -o page" "replay s s" "diff s capture"; do
        run -2 --separate-stderr timeout "$LIMIT" "$VFUSCOPE" $line
        [[ $stderr == *"s: a socket, not a capture (vfuscope shell s speaks to the device there"* && -z $output ]]
    done
    # A folder is neither, unless there is SPDK's socket in it.
    mkdir folder
    run -2 --separate-stderr "$VFUSCOPE" shell folder -c info
    [[ $stderr != *"a file"* ]]
    run -2 --separate-stderr "$VFUSCOPE" decode nothing
    [[ $stderr == *"No such file"* ]]
}

@test "help lists every subcommand, on standard output" {
    run -0 --separate-stderr "$VFUSCOPE" help
    for command in shell tap attach decode serve; do
        [[ $output == *"  $command "* ]]
    done
    [ -z "$stderr" ]
}

@test "no arguments: the help, and status 2" {
    run -2 "$VFUSCOPE"
    [[ $output == *"  tap "* ]]
}

@test "an unknown subcommand or option is status 2 and says what to do" {
    run -2 --separate-stderr "$VFUSCOPE" tapp
    [[ $stderr == "vfuscope: tapp: "*"vfuscope help"* ]]
    [ -z "$output" ]
    for command in shell tap attach decode serve; do
        run -2 --separate-stderr "$VFUSCOPE" "$command" --no-such-option
        [[ $stderr == *"no-such-option"* ]]
    done
    run -2 "$VFUSCOPE" help tapp
}

@test "help COMMAND shows each of its options" {
    run -0 "$VFUSCOPE" help tap
    for option in --json --count --once --mode --group --lossless; do
        [[ $output == *"$option"* ]]
    done
}

# bats test_tags=plain
@test "make install puts program and manual under DESTDIR and prefix, and nothing elsewhere" {
    cd "$BATS_TEST_DIRNAME/.."
    # -o all: what is built is installed, never built anew with other settings while it is being tested
    run -0 make -s -o all install BUILD="$(dirname "$VFUSCOPE")" DESTDIR="$T/root" prefix=/opt/it
    [ -x "$T/root/opt/it/bin/vfuscope" ]
    [ -f "$T/root/opt/it/share/man/man1/vfuscope.1" ]
    # One beside it for each subcommand.
    for command in $(sed -n 's/^\.It Xr \(vfuscope-.*\) 1$/\1/p' man/vfuscope.1); do
        [ -f "$T/root/opt/it/share/man/man1/$command.1" ]
    done
    run -0 ls "$T/root"
    [ "$output" = opt ]
}

# bats test_tags=plain
@test "make names the Debian package of what is missing, and installs nothing" {
    cd "$BATS_TEST_DIRNAME/.."
    mkdir "$T/bin"
    for tool in sh tr sort cat test; do
        ln -s "$(command -v "$tool")" "$T/bin/"
    done
    printf '#!/bin/sh\necho called >> %s/apt\n' "$T" > "$T/bin/apt-get"
    chmod +x "$T/bin/apt-get"
    PATH=$T/bin run -1 /bin/sh tests/packages check build
    [[ $output == *"missing Debian packages:"*libcjson-dev*libedit-dev*libpcap-dev*libzstd-dev*pkg-config*zlib1g-dev* ]]
    [[ $output == *"apt-get install"* ]]
    [ ! -e "$T/apt" ]
}

# bats test_tags=plain
@test "the installation of packages says how far it is, and why it fails" {
    cd "$BATS_TEST_DIRNAME/.."
    mkdir "$T/bin"
    # Of what is missing bats is there once it was installed, after the lists were fetched.
    cat > "$T/bin/apt-get" <<END
#!/bin/sh
case "\$*" in
*update) touch "$T/lists" && exit ;;
*) [ -e "$T/lists" ] || { echo 'E: Unable to locate package bats' >&2; exit 100; } ;;
esac
[ ! -e "$T/full" ] || { echo 'E: no room: at all' >&2; exit 100; }
echo 'Reading package lists...'
printf 'dlstatus:%s:%s:Retrieving file\n' 1 0.0 1 4.5 2 52.1 2 55.0 3 100
echo 'Unpacking bats ...'
printf 'pmstatus:%s:%s:Unpacking\n' dpkg-exec 0 bats 33.3 bats:all 35 bats 100.0
printf '#!/bin/sh\n' > "$T/bin/bats" && chmod +x "$T/bin/bats"
END
    printf '#!/bin/sh\n[ "$1" = -u ] && echo 0\n' > "$T/bin/id"
    chmod +x "$T/bin/apt-get" "$T/bin/id"
    for tool in sh tr sort cat env touch chmod jq chromium tshark tcpdump python3 lspci tmux less ps strace mandoc zsh prove zstd; do
        ln -sf "$(command -v $tool || type -P true)" "$T/bin/$tool"
    done
    ln -sf "$(type -P true)" "$T/bin/pkg-config" # what it is asked for is there
    touch "$T/full"
    run -1 --separate-stderr env PATH="$T/bin" sh tests/packages install test
    [[ $stderr == *'E: no room: at all'*'could not install bats'* ]]
    rm "$T/full" "$T/lists"
    run -0 --separate-stderr env PATH="$T/bin" sh tests/packages install test
    [ "$output" = 'installing the Debian packages that are missing: bats 
fetching the lists of packages
  downloading: 0%
  downloading: 52%
  downloading: 100%
  installing: 0%
  installing: 33%
  installing: 100%' ]
    [ -z "$stderr" ]
}

# built_without WHAT: a program that was built so says it
built_without() {
    local flags libs=libedit,libcjson,libpcap,libzstd,zlib,ncursesw
    ! pkg-config --exists libbpf || libs+=,libbpf
    ! pkg-config --exists libseccomp || libs+=,libseccomp
    ! pkg-config --exists expat || libs+=,expat
    flags=$(sed 's/ # without .*//' "$BUILD/settings")
    eval "$flags -DVFUSCOPE_LEFT_OUT='$1' -o '$T/without' cli/main.c '$BUILD/libvfuscope.a' \
        $(pkg-config --libs ${libs//,/ }) -lm -ldl"
    "$T/without" --version
}

# bats test_tags=plain
@test "what was left out is said, with the packages that bring it: by make, and by --version" {
    cd "$BATS_TEST_DIRNAME/.."
    run -0 make -s left-out BPF= SECCOMP= EXPAT= DYGRAPHS=
    [ "$output" = "left out: attach --method bpf (clang libbpf-dev)
left out: keeping plugins from files (libseccomp-dev)
left out: register maps in SVD (libexpat1-dev)
left out: the plots of reports (libjs-dygraphs)" ]
    run -0 make -s left-out BPF=yes SECCOMP=yes EXPAT=yes DYGRAPHS=yes
    [ -z "$output" ]
    run -0 make -n BPF= SECCOMP= BUILD="$T/build" "$T/build/cli/main.o"
    [[ $output == *"-DVFUSCOPE_LEFT_OUT='\"attach --method bpf (clang libbpf-dev)\", \"keeping plugins from files (libseccomp-dev)\",'"* ]]
    run -0 make -n BPF= SECCOMP= BUILD="$T/build" all
    [[ $output == *'left out: '* ]]
    run -0 built_without '"one (a b)", "two (c)",'
    [ "$(grep -c '^left out: ' <<< "$output")" = 2 ]
    [[ ${lines[0]} == "vfuscope "* ]]
    [ "${lines[1]}" = 'left out: one (a b)' ]
    [ "${lines[2]}" = 'left out: two (c)' ]
    run -0 built_without ''
    [[ $output == "vfuscope "* && $output != *"left out"* ]]
}

# bats test_tags=plain
@test "the package is built with all that can be left out" {
    cd "$BATS_TEST_DIRNAME/.."
    for package in $(make -s left-out BPF= SECCOMP= EXPAT= DYGRAPHS= | sed 's/.*(\(.*\))/\1/'); do
        grep -q "^ $package[ ,]" debian/control
    done
}

# bats test_tags=plain
@test "every page of the manual is without mistakes" {
    need mandoc mandoc
    for page in "$BATS_TEST_DIRNAME"/../man/*.[1-9]; do
        # Not that pages are not installed, nor how long the source's lines are.
        mandoc -T lint -W style "$page" 2> unread | grep -v 'referenced manual not found\|longer than 80 bytes' || true
    done > said
    [ ! -s said ] || { cat said; false; }
}
