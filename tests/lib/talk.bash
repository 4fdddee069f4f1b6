# A conversation written down, for tests that need a device of a certain kind: `load lib/talk`, then
#     told READ REGION OFFSET HEX          a read of HEX's size and its reply
#     told WRITE REGION OFFSET HEX         a write and its reply
#     told POSTED REGION OFFSET HEX        a write without a reply
#     told REFUSED READ|WRITE REGION OFFSET HEX    a read of HEX's size, or a write, and the error EINVAL
#     told ASKED READ|WRITE REGION OFFSET HEX      the command alone: $TALK_ID is its number ...
#     told ANSWERED ID READ|WRITE REGION OFFSET HEX    ... and its reply
#     told RESET                           DEVICE_RESET and its reply
#     told MAP ADDRESS SIZE                a DMA mapping without a descriptor
#     told DMA READ|WRITE ADDRESS HEX      DMA by message
#     told STATE NUMBER                    the device is set to this state of migration
# gather in $T/talk; `talk_capture FILE` makes a capture of it. REGION is a number, HEX bytes as on the wire. With TALK_CUT=N
# the capture keeps N bytes of a message.

TALK_ID=0

# hex NUMBER BYTES: little-endian
hex() {
    local n=$1 i out=
    for ((i = 0; i < $2; i++)); do
        printf -v out '%s%02x' "$out" $((n & 255))
        n=$((n >> 8))
    done
    echo "$out"
}

# talk_line WHO TYPE NAME NUMBER PAYLOAD [FLAGS [ERRNO]]
talk_line() {
    local flags=${6:-0}
    local cut=${TALK_CUT:-65535} size=$((16 + ${#5} / 2))
    [ "$2" = command ] || flags=$((flags | 1))
    [ "$cut" -lt $size ] && cut=" cut=$cut" || cut=
    echo "$1 $2 $3 $(hex $TALK_ID 2)$(hex "$4" 2)$(hex $size 4)$(hex $flags 4)$(hex "${7:-0}" 4)$5$cut" >> "$T/talk"
    echo '= {}' >> "$T/talk"
}

# talk_asked READ|WRITE REGION OFFSET HEX [FLAGS], talk_answered READ|WRITE REGION OFFSET HEX: a half of an access
talk_asked() {
    local place
    place=$(hex "$3" 8)$(hex "$2" 4)$(hex $((${#4} / 2)) 4)
    case $1 in
    READ) talk_line client command REGION_READ 9 "$place" ;;
    WRITE) talk_line client command REGION_WRITE 10 "$place$4" "${5:-0}" ;;
    esac
}
talk_answered() {
    local place
    place=$(hex "$3" 8)$(hex "$2" 4)$(hex $((${#4} / 2)) 4)
    case $1 in
    READ) talk_line server reply REGION_READ 9 "$place$4" ;;
    WRITE) talk_line server reply REGION_WRITE 10 "$place" ;;
    esac
}

told() {
    local what=$1 place size
    [ "$what" = ANSWERED ] || TALK_ID=$((TALK_ID + 1))
    case $what in
    READ | WRITE)
        talk_asked "$@"
        talk_answered "$@"
        ;;
    POSTED) talk_asked WRITE "${@:2}" 16 ;;
    ASKED) talk_asked "${@:2}" ;;
    ANSWERED)
        local TALK_ID=$2
        talk_answered "${@:3}"
        ;;
    REFUSED)
        talk_asked "${@:2}"
        place=$([ "$2" = READ ] && echo '_READ 9' || echo '_WRITE 10')
        # shellcheck disable=SC2086
        talk_line server reply REGION$place '' 32 22
        ;;
    RESET)
        talk_line client command DEVICE_RESET 13 ''
        talk_line server reply DEVICE_RESET 13 ''
        ;;
    MAP)
        talk_line client command DMA_MAP 2 "$(hex 32 4)$(hex 3 4)$(hex 0 8)$(hex "$2" 8)$(hex "$3" 8)"
        talk_line server reply DMA_MAP 2 ''
        ;;
    DMA)
        size=$((${#4} / 2))
        place=$(hex "$3" 8)$(hex $size 8)
        if [ "$2" = READ ]; then
            talk_line server command DMA_READ 11 "$place"
            talk_line client reply DMA_READ 11 "$place$4"
        else
            talk_line server command DMA_WRITE 12 "$place$4"
            talk_line client reply DMA_WRITE 12 "$place"
        fi
        ;;
    STATE)
        place=$(hex 16 4)$(hex 0x20002 4)$(hex "$2" 4)ffffffff
        talk_line client command DEVICE_FEATURE 16 "$place"
        talk_line server reply DEVICE_FEATURE 16 "$place"
        ;;
    esac
}

talk_capture() {
    "$TOOLS/mkcapture" "$1" "$T/talk"
}
