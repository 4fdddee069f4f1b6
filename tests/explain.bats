# `explain`: every name has its text, and what is shown as the tap's output is that.
load lib/common

# With the plugins that were built along.
setup() {
    common_setup
    VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
}

every() {
    "$VFUSCOPE" explain --json
}

@test "every rule, misfit, reason and requirement is explained" {
    need jq jq
    run -0 jq -r 'select((.means | length) < 40 or (.todo | length) < 10) | "\(.kind) \(.name)"' <(every)
    [ -z "$output" ]
    # As many as the tables have.
    for list in "help rules" "check --list"; do
        "$VFUSCOPE" $list | grep -v '^ ' | sed 's/[ :].*//'
    done | sort > listed
    every | jq -r 'select(.kind != "reason") | .name' | sort > explained
    diff listed explained
    every | jq -e -s 'any(.kind == "reason") and any(.kind == "misfit")'
}

@test "texts are sentences, of characters that every terminal has" {
    need jq jq
    run -0 jq -r '. as $n | (.means, .who, .todo) | select(. and (test("^[A-Z0-9a-z`\"].*[.)]$") and test("^[ -~]+$") and
        (test("  | [.,;]( |$)") | not) | not)) | "\($n.name): \(.)"' <(every)
    [ -z "$output" ]
}

@test "an example is what the tap prints, in a conversation of tests/rules" {
    need jq jq
    # Those of plugins have their conversations elsewhere.
    export VFUSCOPE_PLUGIN_PATH=
    rules=$(dirname "$VFUSCOPE")/tests/c/rules
    every | jq -r 'select(.kind != "requirement") | "\(.kind) \(.name)"' > names
    [ "$(wc -l < names)" -gt 100 ]
    while read -r kind name; do
        heading=breaks
        [ "$kind" != reason ] || heading=refused
        (cd "$BATS_TEST_DIRNAME/.." && "$rules" "$T/talk.pcap" "$heading" "$name")
        "$VFUSCOPE" decode talk.pcap | sed -E 's/^ *[0-9.]+  [0-9]+t? {1,2}//' > talk
        "$VFUSCOPE" explain "$name" --json | jq -r --arg kind "$kind" 'select(.kind == $kind) | .example // ""' > example
        while IFS= read -r line; do
            grep -qxF -e "$line" talk || echo "$kind $name: $line" >> wrong
        done < example
        # It is about this one: a rule and a reason may have the same name.
        said='^ +! '
        [ "$kind" != reason ] || said='^ +(perhaps )?because '
        grep -Eq "$said.*\[$name\]\$" example || echo "$kind $name: not in its example" >> wrong
    done < names
    [ ! -e wrong ] || { cat wrong; false; }
}

@test "the text is wrapped at 80 columns, but for what the tap prints" {
    need jq jq
    run -0 "$VFUSCOPE" explain stalled
    [[ ${lines[0]} == "stalled: a rule, suspicious" ]]
    [[ $output == *"As the tap prints it:"*"* stalled message from client:"*"What to do: Write until all bytes"* ]]
    while read -r name; do
        "$VFUSCOPE" explain "$name" | grep -v '^        ' | grep -n '.\{80\}' && echo "$name" >> wide
    done < <(every | jq -r '.name' | sort -u)
    [ ! -e wide ]
}

@test "a name that is two things is explained as both" {
    run -0 "$VFUSCOPE" explain map-overlap
    [[ $output == "map-overlap: a rule, violation"*$'\n\n'"map-overlap: a requirement, suspicious"* ]]
    need jq jq
    [ "$("$VFUSCOPE" explain map-overlap --json | jq -r .kind)" = $'rule\nrequirement' ]
}

@test "without a name all are listed; help reasons lists reasons and misfits" {
    run -0 "$VFUSCOPE" explain
    [[ ${lines[0]} == rules && $output == *$'\nmisfits\n'*$'\nreasons\n'*$'\nrequirements\n'* ]]
    run -0 "$VFUSCOPE" help reasons
    [[ $output == *"region-end "* && $output == *"bar-size "* && $output != *"stalled "* ]]
}

@test "an unknown name is a usage error, and what is near it is named" {
    run -2 "$VFUSCOPE" explain map-ovrlap
    [ "$output" = "vfuscope: explain map-ovrlap: no such name; did you mean map-overlap, cap-overlap?" ]
    run -2 "$VFUSCOPE" explain stall
    [[ $output == *"did you mean stalled?" ]]
    # Each once, though a rule and a requirement have this name.
    run -2 "$VFUSCOPE" explain unmap-unknow
    [[ $output == *"did you mean unmap-unknown"* && $output != *unmap-unknown*unmap-unknown* ]]
    run -2 "$VFUSCOPE" explain quetzalcoatl
    [[ $output == *"no such rule, reason, misfit or requirement (vfuscope explain lists them)" ]]
    run -2 "$VFUSCOPE" explain ''
    [[ $output == *"no such rule"* ]]
    run -2 "$VFUSCOPE" explain a b
}

@test "vfuscope-explain(7) has every name, and the same text" {
    need mandoc mandoc
    need jq jq
    page=$(dirname "$VFUSCOPE")/man/vfuscope-explain.7
    run -0 mandoc -T lint -W warning "$page"
    run -1 grep '@' "$page"
    diff <(every | jq -r .name) <(sed -n 's/^\.It Cm //p' "$page")
    grep -v '^\.' "$page" | sed 's/^\\&//; s/\\e/\\/g' | tr '\n' ' ' > text
    every | jq -r '.means, .who, .todo | select(.)' | while IFS= read -r said; do
        grep -qF -e "$said" text || echo "$said" >> missing
    done
    [ ! -e missing ] || { head -5 missing; false; }
}
