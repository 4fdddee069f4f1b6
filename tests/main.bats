# The program itself: version, help, usage mistakes, installing.
load lib/common

@test "--version says the version" {
    run -0 "$VFUSCOPE" --version
    [[ $output =~ ^vfuscope\ [0-9]+\.[0-9]+ ]]
}

@test "help lists every subcommand, on standard output" {
    run -0 --separate-stderr "$VFUSCOPE" help
    for command in shell tap decode serve; do
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
    for command in shell tap decode serve; do
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
