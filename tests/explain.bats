# `explain`: every name has its text, and what is shown as the tap's output is that.
load lib/common
# bats file_tags=plain

# With the plugins that were built along.
setup() {
    common_setup
    VFUSCOPE_PLUGIN_PATH=$(dirname "$VFUSCOPE")/plugins
}

every() {
    "$VFUSCOPE" explain --json
}

@test "every rule, misfit, reason, requirement and case is explained" {
    need jq jq
    run -0 jq -r 'select((.means | length) < 40 or (.todo | length) < 10) | "\(.kind) \(.name)"' <(every)
    [ -z "$output" ]
    # As many as the tables have.
    for list in "help rules" "check --list" "check --client c --list"; do
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
    every | jq -r 'select(.kind != "requirement" and .kind != "case") | "\(.kind) \(.name)", (.example // ""), ""' > examples
    [ "$(grep -cE '^(rule|misfit|reason) ' examples)" -gt 100 ]
    while read -r kind name; do
        heading=breaks
        [ "$kind" != reason ] || heading=refused
        while IFS= read -r line && [ -n "$line" ]; do
            echo "$line"
        done > example
        (cd "$BATS_TEST_DIRNAME/.." && "$rules" "$T/talk.pcap" "$heading" "$name")
        "$VFUSCOPE" decode talk.pcap 2> hints | sed -E 's/^ *[0-9.]+  [0-9]+t? {1,2}//' > talk
        grep -vxF -f talk example | sed "s/^/$kind $name: /" >> wrong || true
        # It is about this one: a rule and a reason may have the same name.
        said='^ +! '
        [ "$kind" != reason ] || said='^ +(perhaps )?because '
        grep -Eq "$said.*\[$name\]\$" example || echo "$kind $name: not in its example" >> wrong
    done < examples
    [ ! -s wrong ] || { cat wrong; false; }
}

@test "the text is wrapped at 80 columns, but for what the tap prints" {
    need jq jq
    run -0 "$VFUSCOPE" explain stalled
    [[ ${lines[0]} == "stalled: a rule, suspicious" ]]
    [[ $output == *"As the tap prints it:"*"* stalled message from client:"*"What to do: Write until all bytes"* ]]
    # Those with the longest texts: they are wrapped most often.
    every | jq -r '"\(.means + (.who // "") + .todo | length) \(.name)"' | sort -rn | head -n 40 | cut -d' ' -f2 > longest
    while read -r name; do
        "$VFUSCOPE" explain "$name" | grep -v '^        ' | grep -n '.\{80\}' && echo "$name" >> wide
    done < longest
    [ ! -e wide ]
}

@test "a name that is two things is explained as both" {
    run -0 "$VFUSCOPE" explain map-overlap
    [[ $output == "map-overlap: a rule, violation"*$'\n\n'"map-overlap: a requirement, suspicious"* ]]
    need jq jq
    [ "$("$VFUSCOPE" explain map-overlap --json | jq -r .kind)" = $'rule\nrequirement' ]
}

@test "a case says what the server does, what is due, and the section" {
    run -0 "$VFUSCOPE" explain dma-across
    [[ $output == "dma-across: a case, suspicious"*"reads over the end of a mapping into the next one"*"(VFIO_USER_DMA_READ)"* ]]
    [[ ${output//$'\n    '/ } == *"is to answer with all that was asked for"*"What to do: Wherever replies are read"* ]]
}

@test "without a name all are listed; help reasons lists reasons and misfits" {
    run -0 "$VFUSCOPE" explain
    [[ ${lines[0]} == rules && $output == *$'\nmisfits\n'*$'\nreasons\n'*$'\nrequirements\n'*$'\ncases\n'* ]]
    run -0 "$VFUSCOPE" help reasons
    [[ $output == *"region-end "* && $output == *"bar-size "* && $output != *"stalled "* ]]
}

@test "an unknown name is a usage error, and what is near it is named" {
    run -2 "$VFUSCOPE" explain map-ovrlap
    [ "$output" = "vfuscope: explain map-ovrlap: no such name; did you mean map-overlap or cap-overlap?" ]
    run -2 "$VFUSCOPE" explain stall
    [[ $output == *"did you mean stalled?" ]]
    # Each once, though a rule and a requirement have this name.
    run -2 "$VFUSCOPE" explain unmap-unknow
    [[ $output == *"did you mean unmap-unknown"* && $output != *unmap-unknown*unmap-unknown* ]]
    run -2 "$VFUSCOPE" explain quetzalcoatl
    [[ $output == *"no such rule, reason, misfit, requirement or case (vfuscope explain lists them)" ]]
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
    every | jq -r --rawfile text text '.means, .who, .todo | select(.) | . as $said | select($text | contains($said) | not)' > missing
    [ ! -s missing ] || { head -5 missing; false; }
}
