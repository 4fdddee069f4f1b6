# The configuration file: default options and aliases.
load lib/common

edu=$BATS_TEST_DIRNAME/golden/edu.pcap

setup() {
    common_setup
    unset VFUSCOPE_CONFIG
    export XDG_CONFIG_HOME=$T/xdg HOME=$T/home
    mkdir -p "$T/xdg/vfuscope" "$T/home/.config/vfuscope"
    config=$T/xdg/vfuscope/config
}

@test "default options are as if they stood before those of the command line, which count more" {
    cat > "$config" <<'END'
# how I like it
decode   --json

decode --count '2' # not more
why --json
END
    run -0 "$VFUSCOPE" decode "$edu"
    [[ ${lines[0]} == '{'* && "$(grep -c '"no":' <<< "$output")" = 2 ]]
    run -0 "$VFUSCOPE" "$edu"
    [[ ${lines[0]} == '{'* ]]
    run -0 "$VFUSCOPE" decode "$edu" --no-json --count 3
    [[ $output != *'{"no"'* && "$(grep -c '[<>] #[0-9]' <<< "$output")" = 3 ]]
    [ "$("$VFUSCOPE" decode --no-json --no-count "$edu")" = "$(VFUSCOPE_CONFIG= "$VFUSCOPE" decode "$edu")" ]
    for none in "--no-config decode" "decode --no-config"; do
        [ "$("$VFUSCOPE" $none "$edu")" = "$(VFUSCOPE_CONFIG= "$VFUSCOPE" decode "$edu")" ]
    done
    run "$VFUSCOPE" why "$edu"
    [[ $output == '{'* ]]
    # What is not mentioned is as ever.
    run -0 "$VFUSCOPE" explain region-bounds
    [[ $output != '{'* ]]
}

@test "options that may be repeated add up, until --no-NAME takes them back" {
    echo 'decode --ignore region-not-asked' > "$config"
    all=$(VFUSCOPE_CONFIG= "$VFUSCOPE" decode "$edu" | grep -c '\[region-not-asked\]')
    [ "$all" -gt 0 ]
    lacks -q '\[region-not-asked\]' <("$VFUSCOPE" decode "$edu")
    lacks -q '\[region-not-asked\]' <("$VFUSCOPE" decode "$edu" --ignore bar-size)
    [ "$("$VFUSCOPE" decode "$edu" --no-ignore | grep -c '\[region-not-asked\]')" = "$all" ]
    echo 'decode --no-pairs' > "$config"
    [ "$("$VFUSCOPE" decode "$edu" --pairs)" = "$(VFUSCOPE_CONFIG= "$VFUSCOPE" decode "$edu" --pairs)" ]
    echo 'decode -t absolute --pairs' > "$config"
    [ "$("$VFUSCOPE" decode "$edu" -t delta --no-pairs)" = "$(VFUSCOPE_CONFIG= "$VFUSCOPE" decode "$edu" -t delta)" ]
}

@test "aliases: with the command's defaults, of other aliases, with quotes; help says what they stand for" {
    cat > "$config" <<'END'
decode --json
alias slow decode --filter 'latency > 0.1us and command == "DMA_MAP"'
alias two slow --count 2
alias show decode --no-json
END
    [ "$("$VFUSCOPE" slow "$edu")" = "$(VFUSCOPE_CONFIG= "$VFUSCOPE" decode "$edu" --json --filter 'latency > 0.1us and command == DMA_MAP')" ]
    [ "$("$VFUSCOPE" two "$edu" --no-json)" = "$(VFUSCOPE_CONFIG= "$VFUSCOPE" decode "$edu" --filter 'latency > 0.1us and command == DMA_MAP' --count 2)" ]
    [ "$("$VFUSCOPE" show "$edu")" = "$(VFUSCOPE_CONFIG= "$VFUSCOPE" decode "$edu")" ]
    run -0 "$VFUSCOPE" help two
    [[ ${lines[0]} == "two stands for: slow --count 2" && $output == *"vfuscope-decode(1)" ]]
    run -0 "$VFUSCOPE" two --help
    [[ $output == *"vfuscope-decode(1)" ]]
    run -2 --separate-stderr "$VFUSCOPE" shwo "$edu"
    [[ $stderr == *"did you mean show?"* ]]
    run -2 --separate-stderr "$VFUSCOPE" --no-config two "$edu"
    [[ $stderr == *"two: no such command"* ]]
    # A folder or a file of that name is hidden by it, as by a command.
    touch show
    run -2 "$VFUSCOPE" show
}

@test "a mistake is status 2, with file and line, whichever command runs; what is right beside it is not blamed" {
    while IFS='|' read -r line what; do
        printf '# one\ndecode --json\n%b\n' "$line" > "$config"
        for command in "decode $edu" "explain region-bounds"; do
            run -2 --separate-stderr "$VFUSCOPE" $command
            [[ -z $output && $stderr == "vfuscope: $config:"[34]": "*"$what"* && ${#stderr_lines[@]} = 1 ]] || { echo "$line: $stderr"; false; }
        done
        run -0 "$VFUSCOPE" --no-config explain region-bounds
        run -0 "$VFUSCOPE" help tap
        run -0 "$VFUSCOPE" help rules
        run -0 "$VFUSCOPE" help region-bounds
        run -0 "$VFUSCOPE" help --complete bash
        run -2 "$VFUSCOPE" help nothing-that-is-there
        run -0 "$VFUSCOPE" --version
    done <<'END'
decoed --json|did you mean decode?
decode --jsn|did you mean --json?
decode --filter|needs an argument
decode x.pcap|x.pcap
decode --color atuo|did you mean auto?
decode -t relatvie|did you mean relative?
decode --filter 'region === bar0'|column
decode --count many|many: not a number
decode --help|--help
decode --rules|--rules
decode 'a|a quote is not closed
decode a\\|backslash
alias|NAME COMMAND
alias x|NAME COMMAND
alias decode why|stays what it is
alias help why|stays what it is
alias -x why|a name
alias a/b why|a name
alias x decoed|did you mean decode?
alias x decode --jsn|did you mean --json?
alias x x|comes back to itself
alias x y\nalias y x|comes back to itself
alias x why\nalias x decode|there is one already
END
}

@test "a mistake that only the command can see is told with file and line, too; not where it is the command line's" {
    printf 'decode --ignore quetzal\n' > "$config"
    run -2 --separate-stderr "$VFUSCOPE" decode "$edu"
    [[ $stderr == *"--ignore quetzal: no such rule"*"$config:1: --ignore quetzal"* ]]
    run -0 "$VFUSCOPE" explain region-bounds
    printf 'why --json\n' > "$config"
    run -2 --separate-stderr "$VFUSCOPE" decode "$edu" --ignore quetzal
    [[ $stderr != *"$config"* ]]
}

@test "where it is: XDG_CONFIG_HOME, else ~/.config; VFUSCOPE_CONFIG names another, or none; none is no mistake" {
    echo 'decode --json' > "$config"
    unset XDG_CONFIG_HOME
    run -0 "$VFUSCOPE" decode "$edu"
    [[ ${lines[0]} != '{'* ]]
    cp "$config" "$HOME/.config/vfuscope/"
    run -0 "$VFUSCOPE" decode "$edu"
    [[ ${lines[0]} == '{'* ]]
    for none in '' /dev/null; do
        VFUSCOPE_CONFIG=$none run -0 --separate-stderr "$VFUSCOPE" decode "$edu"
        [[ ${lines[0]} != '{'* && $stderr != *config* && $stderr != *null* ]]
    done
    XDG_CONFIG_HOME=$T/none run -0 --separate-stderr "$VFUSCOPE" explain region-bounds
    [ -z "$stderr" ]
    VFUSCOPE_CONFIG=$T/none run -2 --separate-stderr "$VFUSCOPE" explain region-bounds
    [[ $stderr == "vfuscope: $T/none: No such file or directory" ]]
    mkfifo fifo
    VFUSCOPE_CONFIG=$T/fifo run -2 timeout "$LIMIT" "$VFUSCOPE" explain region-bounds
    VFUSCOPE_CONFIG=$T run -2 "$VFUSCOPE" explain region-bounds
    env -u HOME "$VFUSCOPE" explain region-bounds
    printf 'decode\0--json\n' > "$config"
    XDG_CONFIG_HOME=$T/xdg run -2 --separate-stderr "$VFUSCOPE" explain region-bounds
    [[ $stderr == *"$config:1: a NUL byte"* ]]
    printf 'decode --json\r\n\r\n# \xff\n' > "$config"
    XDG_CONFIG_HOME=$T/xdg run -0 --separate-stderr "$VFUSCOPE" decode "$edu"
    [[ ${lines[0]} == '{'* ]]
}

@test "one that others may write, or that is another's, is not read, which is said; root's is" {
    echo 'decode --json' > "$config"
    chmod 666 "$config"
    run -0 --separate-stderr "$VFUSCOPE" decode "$edu"
    [[ ${lines[0]} != '{'* && $stderr == *"vfuscope: $config: not read: everybody may write it"* ]]
    chmod 664 "$config"
    run -0 "$VFUSCOPE" decode "$edu"
    [[ ${lines[0]} == '{'* ]]
    [ "$(id -u)" = 0 ] || skip "can't make files of others"
    chown 1234 "$config"
    run -0 --separate-stderr "$VFUSCOPE" decode "$edu"
    [[ ${lines[0]} != '{'* && $stderr == *"not read: it belongs to another user (uid 1234)"* ]]
    chown 0 "$config"
    shared=$(mktemp -d)
    chmod 755 "$shared"
    cp "$VFUSCOPE" "$edu" "$config" "$shared/"
    chmod -R a+rX "$shared"
    VFUSCOPE_CONFIG=$shared/config ASAN_OPTIONS= run setpriv --reuid 1234 --regid 1234 --clear-groups "$shared/vfuscope" decode "$shared/edu.pcap"
    rm -r "$shared"
    [[ $output == *'{"no"'* ]]
}

# bats test_tags=plain
@test "bash completes aliases as their commands" {
    printf 'alias slow decode -x\nalias slower slow\n' > "$config"
    offered() {
        local line=("$@")
        (
            # shellcheck source=/dev/null
            source <("$VFUSCOPE" help --complete bash)
            COMP_WORDS=("${line[@]}") COMP_CWORD=$((${#line[@]} - 1))
            _vfuscope
            printf '%s\n' "${COMPREPLY[@]}"
        )
    }
    run -0 offered "$VFUSCOPE" slo
    [ "$output" = $'slow\nslower' ]
    run -0 offered "$VFUSCOPE" slower --summ
    [ "$output" = --summary ]
}

# bats test_tags=plain
@test "zsh completes aliases as their commands" {
    need zsh zsh
    printf 'alias slow decode -x\n' > "$config"
    "$VFUSCOPE" help --complete zsh > _vfuscope
    run -0 timeout "$LIMIT" zsh -f -c "
        autoload -Uz compinit && compinit -u -d '$T/dump'
        compdef() { :; }
        _arguments() { print -rl -- \"\$@\"; }
        _describe() { print -rl -- \$commands; }
        _files() { :; }
        words=('$VFUSCOPE' slo) CURRENT=2
        source ./_vfuscope
        words=('$VFUSCOPE' slow --) CURRENT=3
        _vfuscope"
    [[ $output == *"slow:an alias of decode"* && $output == *"--summary[a summary table"* ]]
}
