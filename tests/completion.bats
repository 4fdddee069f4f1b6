# Completion for shells, and what make install puts where.
# bats file_tags=plain
load lib/common

# offered WORD...: what bash offers for the last word
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

@test "bash: commands, every option that help lists, values, rules, files" {
    run -0 offered vfuscope ''
    for command in shell tap decode serve help; do
        [[ $'\n'$output$'\n' == *$'\n'"$command"$'\n'* ]]
    done
    for command in shell tap decode serve diff; do
        run -0 offered vfuscope $command -
        for option in $("$VFUSCOPE" help $command | sed -n 's/^ *\(-.,\)\? *\(--[a-z-]*\) .*/\2/p'); do
            [[ $'\n'$output$'\n' == *$'\n'"$option"$'\n'* ]]
        done
    done
    run -0 offered vfuscope decode --color a
    [ "$output" = $'auto\nalways' ]
    run -0 offered vfuscope decode --color = n
    [ "$output" = never ]
    run -0 offered vfuscope tap -t =
    [[ $output == *relative* ]]
    run -0 offered vfuscope tap --ignore version-
    [[ $output == *version-not-first* ]]
    run -0 offered vfuscope diff --ignore max_d
    [ "$output" = $'max_data_xfer_size\nmax_dma_maps' ]
    run -0 offered vfuscope explain map-overl
    [ "$output" = map-overlap ]
    run -0 offered vfuscope explain --j
    [ "$output" = --json ]
    run -0 offered vfuscope help rea
    [ "$output" = reasons ]
    run -0 offered vfuscope help region-b
    [[ $output == *region-bounds* ]]
    touch "$T/a file.pcap"
    run -0 offered vfuscope decode "$T/a"
    [ "$output" = "$T/a file.pcap" ]
    run -0 offered vfuscope decode --count ''
    [ -z "$output" ]
}

@test "bash: a filter is completed word by word in its quotes, an injection with its actions" {
    export VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
    run -0 offered "$VFUSCOPE" decode --filter "'conn == 1 and lat"
    [ "$output" = $'conn == 1 and latency \nconn == 1 and latency  ' ] # what both share: a blank, and no second quote
    run -0 offered "$VFUSCOPE" decode --filter = '"command == REGION_W'
    [ "$output" = $'command == REGION_WRITE\ncommand == REGION_WRITE_MULTI' ]
    run -0 offered "$VFUSCOPE" tap --trigger "'nvme.csts.shst == c"
    [ "$output" = $'nvme.csts.shst == complete \nnvme.csts.shst == complete  ' ]
    run -0 offered "$VFUSCOPE" decode --filter ''
    [[ $'\n'$output$'\n' == *$'\n'"'latency"$'\n'* ]]
    run -0 offered "$VFUSCOPE" decode --filter lat
    [ "$output" = latency ]
    run -0 offered "$VFUSCOPE" tap --inject "'error:dropf"
    [ "$output" = error:dropfds ]
    run -0 offered "$VFUSCOPE" tap --inject "'error:error=EINVA"
    [ "$output" = error:error=EINVAL ]
    run -0 offered "$VFUSCOPE" decode --filter "'nothing == "
    [ -z "$output" ]
}

@test "the values that are offered are taken" {
    local capture=$BATS_TEST_DIRNAME/golden/edu.pcap option value
    for option in --color -t --fail-on; do
        for value in $(offered vfuscope decode $option ''); do
            run "$VFUSCOPE" decode "$capture" -q $option "$value"
            [ "$status" -lt 2 ]
        done
    done
    run -0 "$VFUSCOPE" decode "$capture" -q --ignore "$(offered vfuscope decode --ignore region-b)"
}

@test "zsh: the script is one, and completes" {
    need zsh zsh
    "$VFUSCOPE" help --complete zsh > "$T/_vfuscope"
    run -0 zsh -f -n "$T/_vfuscope"
    run -0 timeout "$LIMIT" zsh -f -c "
        fpath=('$T' \$fpath)
        autoload -Uz compinit && compinit -u -d '$T/dump'
        print -r -- \$_comps[vfuscope]
        _arguments() { print -rl -- \"\$@\"; }
        words=(vfuscope tap --) CURRENT=3
        source '$T/_vfuscope'"
    [[ $output == *"_vfuscope"* ]]
    [[ $output == *"--lossless[hold the traffic"* ]]
    [[ $output == *":WHEN:(auto always never)"* ]]
    [[ $output == *":EXPR:{_vfuscope_filter filter}"* ]]
}

@test "another shell is said to be unknown" {
    run -2 --separate-stderr "$VFUSCOPE" help --complete fish
    [[ $stderr == *"bash or zsh"* ]]
}

@test "make install puts the dissector, extcap, profile and completion under DESTDIR and prefix; uninstall takes them away" {
    cd "$BATS_TEST_DIRNAME/.."
    run -0 make -s -o all install BUILD="$(dirname "$VFUSCOPE")" DESTDIR="$T/root" prefix=/opt/it
    [ -f "$T/root/opt/it/lib/wireshark/plugins/vfio_user.lua" ]
    [ -x "$T/root/opt/it/lib/wireshark/extcap/vfu-extcap" ]
    grep -q '/opt/it/bin/vfuscope' "$T/root/opt/it/lib/wireshark/extcap/vfu-extcap"
    [ -f "$T/root/opt/it/share/bash-completion/completions/vfuscope" ]
    [ -f "$T/root/opt/it/share/zsh/site-functions/_vfuscope" ]
    [ -f "$T/root/opt/it/share/wireshark/profiles/vfio-user/colorfilters" ]
    touch "$T/root/opt/it/share/man/man1/other.1"
    echo '# ours' >> "$T/root/opt/it/share/wireshark/profiles/vfio-user/recent"
    run -0 make -s -o all uninstall BUILD="$(dirname "$VFUSCOPE")" DESTDIR="$T/root" prefix=/opt/it
    [[ $output == *"kept, since it was changed: $T/root/opt/it/share/wireshark/profiles/vfio-user/recent"* ]]
    run -0 find "$T/root" ! -type d
    [ "$(sort <<< "$output")" = "$T/root/opt/it/share/man/man1/other.1
$T/root/opt/it/share/wireshark/profiles/vfio-user/recent" ]
    rm -r "$T/root"
    run -0 make -s -o all install BUILD="$(dirname "$VFUSCOPE")" DESTDIR="$T/root" prefix=/opt/it
    run -0 make -s -o all uninstall BUILD="$(dirname "$VFUSCOPE")" DESTDIR="$T/root" prefix=/opt/it
    run -0 find "$T/root" ! -type d -o -name 'vf*'
    [ -z "$output" ]
}

@test "make install-user: Wireshark of that person has the interface, the dissector and the profile, which stays as it is" {
    need tshark tshark
    wireshark_user
    cd "$BATS_TEST_DIRNAME/.."
    unset XDG_CONFIG_HOME
    run -0 make -s -o all install-user BUILD="$(dirname "$VFUSCOPE")" HOME="$T/home"
    HOME=$T/home run -0 timeout "$LIMIT" tshark -D
    [[ $output == *"vfio-user tap"* ]]
    HOME=$T/home run -0 timeout "$LIMIT" tshark -n -r "$BATS_TEST_DIRNAME/golden/edu.pcap"
    [[ $output == *"> #"*" REGION_READ"* ]]
    # Its program finds the plugins installed with it, though it was built for another prefix.
    run -0 env -u VFUSCOPE_PLUGIN_PATH "$T/home/.local/bin/vfuscope" \
        decode --plugin edu "$BATS_TEST_DIRNAME/golden/edu.pcap"
    [[ $output == *"edu: "* ]]
    echo '# mine' > "$T/home/.config/wireshark/profiles/vfio-user/recent"
    run -0 make -s -o all install-user BUILD="$(dirname "$VFUSCOPE")" HOME="$T/home"
    [ "$(cat "$T/home/.config/wireshark/profiles/vfio-user/recent")" = '# mine' ]
    run -0 make -s -o all uninstall-user BUILD="$(dirname "$VFUSCOPE")" HOME="$T/home"
    [[ $output == *"kept, for what you changed in it: $T/home/.config/wireshark/profiles/vfio-user"* ]]
    run -0 find "$T/home" ! -type d
    [ "$output" = "$T/home/.config/wireshark/profiles/vfio-user/recent" ]
}

@test "make uninstall-user takes away what install-user brought, but for what its user changed" {
    cd "$BATS_TEST_DIRNAME/.."
    unset XDG_CONFIG_HOME
    user() { make -s -o all "$1" BUILD="$(dirname "$VFUSCOPE")" HOME="$T/home"; }
    profile=$T/home/.config/wireshark/profiles/vfio-user
    user install-user
    echo '# mine' >> "$profile/colorfilters"
    user uninstall-user
    run -0 find "$T/home" ! -type d
    [ "$output" = "$profile/colorfilters" ]
    rm -r "$T/home"
    user install-user
    ln -sf /elsewhere "$T/home/.config/wireshark/extcap/vfu-extcap"
    user uninstall-user
    run -0 find "$T/home" ! -type d -o -name 'vf*'
    [ "$output" = "$T/home/.config/wireshark/extcap/vfu-extcap" ]
}

@test "make install-user says what zsh is to be told, and zsh then completes" {
    need zsh zsh
    cd "$BATS_TEST_DIRNAME/.."
    run -0 make -s -o all install-user BUILD="$(dirname "$VFUSCOPE")" HOME="$T/home"
    told=$(sed -n 's/^zsh completes it with .*: \(fpath=.*\)/\1/p' <<< "$output")
    completes() { HOME=$T/home run -0 zsh -f -c "$1; autoload -Uz compinit && compinit -u -d '$T/dump.$2'; print -r -- \$_comps[vfuscope]"; }
    completes "$told" told
    [ "$output" = _vfuscope ]
    completes : untold # unless another one is installed for all
    [ "$output" = '' ] || [ -e /usr/local/share/zsh/site-functions/_vfuscope ] || [ -e /usr/share/zsh/vendor-completions/_vfuscope ]
}
