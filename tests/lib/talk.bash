# A conversation written down, for tests that need a device of a certain kind: `load lib/talk`, then
#     told READ REGION OFFSET HEX          a read of HEX's size and its reply
#     told WRITE REGION OFFSET HEX         a write and its reply
#     told MAP ADDRESS SIZE                a DMA mapping without a descriptor
#     told DMA READ|WRITE ADDRESS HEX      DMA by message
#     told STATE NUMBER                    the device is set to this state of migration
# gather in $T/talk; `talk_capture FILE` makes a capture of it. REGION is a number, HEX bytes as on the wire.

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

# talk_line WHO TYPE NAME NUMBER PAYLOAD
talk_line() {
    local flags=0
    [ "$2" = command ] || flags=1
    echo "$1 $2 $3 $(hex $TALK_ID 2)$(hex "$4" 2)$(hex $((16 + ${#5} / 2)) 4)$(hex $flags 4)00000000$5" >> "$T/talk"
    echo '= {}' >> "$T/talk"
}

told() {
    local what=$1 place size
    TALK_ID=$((TALK_ID + 1))
    case $what in
    READ | WRITE)
        size=$((${#4} / 2))
        place=$(hex "$3" 8)$(hex "$2" 4)$(hex $size 4)
        if [ "$what" = READ ]; then
            talk_line client command REGION_READ 9 "$place"
            talk_line server reply REGION_READ 9 "$place$4"
        else
            talk_line client command REGION_WRITE 10 "$place$4"
            talk_line server reply REGION_WRITE 10 "$place"
        fi
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
