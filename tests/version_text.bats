# VERSION's text, whatever a peer writes there, shown as JSON: escapes that are none, bytes that are no UTF-8, NULs, numbers that JSON
# does not know, 2,000 levels.

load lib/common

@test "each line is valid JSON, and says what is wrong with the text, of no other" {
    need jq jq
    mkdir talks
    python3 "$BATS_TEST_DIRNAME/lib/hostile_version.py" make talks
    "$TOOLS/mkcapture" cap talks/*
    run -0 --separate-stderr timeout 60 "$VFUSCOPE" decode cap --json -x
    printf '%s\n' "$output" > all
    [ "$(jq -c .time all | wc -l)" = "$(wc -l < all)" ]
    grep '"command":"VERSION"' all > lines
    python3 "$BATS_TEST_DIRNAME/lib/hostile_version.py" check < lines
}
