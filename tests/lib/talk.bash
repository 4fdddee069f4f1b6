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
# the capture keeps N bytes of a message; with TALK_AFTER=US each came so many microseconds after the one before.

TALK_ID=0

# hex_in VARIABLE (NUMBER BYTES)...: little-endian, one behind the other, in that variable. No process is started: a
# conversation has hundreds of numbers.
hex_in() {
    local -n hex_out=$1
    local hex_n hex_left
    hex_out=
    shift
    while [ $# -gt 1 ]; do
        hex_n=$(($1))
        for ((hex_left = $2; hex_left > 0; hex_left--)); do
            printf -v hex_out '%s%02x' "$hex_out" $((hex_n & 255))
            hex_n=$((hex_n >> 8))
        done
        shift 2
    done
}

# hex NUMBER BYTES: the same, printed
hex() {
    local hex_text
    hex_in hex_text "$1" "$2"
    echo "$hex_text"
}

# talk_line WHO TYPE NAME NUMBER PAYLOAD [FLAGS [ERRNO]]
talk_line() {
    local flags=${6:-0} header
    local cut=${TALK_CUT:-65535} size=$((16 + ${#5} / 2))
    [ "$2" = command ] || flags=$((flags | 1))
    [ "$cut" -lt $size ] && cut=" cut=$cut" || cut=
    hex_in header $TALK_ID 2 "$4" 2 $size 4 $flags 4 "${7:-0}" 4
    printf '%s\n= {}\n' "$1 $2 $3 $header$5$cut${TALK_AFTER:+ after=$TALK_AFTER}" >> "$T/talk"
}

# talk_asked READ|WRITE REGION OFFSET HEX [FLAGS], talk_answered READ|WRITE REGION OFFSET HEX: a half of an access
talk_asked() {
    local place
    hex_in place "$3" 8 "$2" 4 $((${#4} / 2)) 4
    case $1 in
    READ) talk_line client command REGION_READ 9 "$place" ;;
    WRITE) talk_line client command REGION_WRITE 10 "$place$4" "${5:-0}" ;;
    esac
}
talk_answered() {
    local place
    hex_in place "$3" 8 "$2" 4 $((${#4} / 2)) 4
    case $1 in
    READ) talk_line server reply REGION_READ 9 "$place$4" ;;
    WRITE) talk_line server reply REGION_WRITE 10 "$place" ;;
    esac
}

told() {
    local what=$1 place
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
        case $2 in
        READ) talk_line server reply REGION_READ 9 '' 32 22 ;;
        WRITE) talk_line server reply REGION_WRITE 10 '' 32 22 ;;
        esac
        ;;
    RESET)
        talk_line client command DEVICE_RESET 13 ''
        talk_line server reply DEVICE_RESET 13 ''
        ;;
    MAP)
        hex_in place 32 4 3 4 0 8 "$2" 8 "$3" 8
        talk_line client command DMA_MAP 2 "$place"
        talk_line server reply DMA_MAP 2 ''
        ;;
    DMA)
        hex_in place "$3" 8 $((${#4} / 2)) 8
        if [ "$2" = READ ]; then
            talk_line server command DMA_READ 11 "$place"
            talk_line client reply DMA_READ 11 "$place$4"
        else
            talk_line server command DMA_WRITE 12 "$place$4"
            talk_line client reply DMA_WRITE 12 "$place"
        fi
        ;;
    STATE)
        hex_in place 16 4 0x20002 4 "$2" 4
        talk_line client command DEVICE_FEATURE 16 "${place}ffffffff"
        talk_line server reply DEVICE_FEATURE 16 "${place}ffffffff"
        ;;
    esac
}

talk_capture() {
    "$TOOLS/mkcapture" "$1" "$T/talk"
}
