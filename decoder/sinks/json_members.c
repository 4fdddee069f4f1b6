/*
 * Members of JSON objects.
 */
#include "decoder/sinks/inside.h"

enum { DATA_SHOWN = 64 };

void json_integer(struct vfu_writer *w, uint64_t number, unsigned width)
{
    if (width < 8) {
        vfu_write_decimal(w, number);
        return;
    }
    vfu_write_char(w, '"');
    vfu_write_0x(w, number);
    vfu_write_char(w, '"');
}

void json_bits(struct vfu_writer *w, uint64_t bits, const struct vfu_name *names)
{
    const char *comma = "";

    for (; bits && names && names->name; names++) {
        if ((bits & names->value) != names->value)
            continue;
        bits &= ~names->value;
        vfu_write_text(w, comma);
        json_quoted(w, names->name);
        comma = ",";
    }
    while (bits) {
        uint64_t bit = bits & -bits;

        bits &= ~bit;
        vfu_write_text(w, comma);
        json_integer(w, bit, 8);
        comma = ",";
    }
}

void json_data(struct vfu_writer *w, const char *name, const uint8_t *bytes, size_t size, bool whole)
{
    json_key(w, name, "");
    vfu_write_char(w, '"');
    vfu_write_hex(w, bytes, whole || size < DATA_SHOWN ? size : DATA_SHOWN);
    vfu_write_char(w, '"');
    if (!whole && size > DATA_SHOWN)
        json_number(w, ",\"data_size\":", size);
}

void json_named(struct vfu_writer *w, const char *name, uint64_t number, unsigned width, const struct vfu_name *names)
{
    const char *word = vfu_name_of(names, number);

    json_key(w, name, "");
    json_integer(w, number, width);
    if (word) {
        vfu_write_char(w, ',');
        json_key(w, name, "_name");
        json_quoted(w, word);
    }
}

void json_sender(struct vfu_writer *w, enum vfu_channel channel, enum vfu_side from)
{
    json_put(w, channel == VFU_TWIN ? ",\"channel\":\"twin\"" : ",\"channel\":\"main\"");
    json_put(w, from == VFU_SERVER ? ",\"from\":\"server\"" : ",\"from\":\"client\"");
}

void json_us(struct vfu_writer *w, const char *key, uint64_t ns)
{
    json_number(w, key, ns / 1000);
    vfu_write_char(w, '.');
    vfu_write_decimal_padded(w, ns % 1000, 3, '0');
}

void json_known(struct vfu_writer *w, const struct vfu_peer_told *peer)
{
    for (unsigned i = 0; i < peer->known_count; i++) {
        json_string(w, i ? ",{\"trouble\":" : ",\"known\":[{\"trouble\":", peer->known[i]->id);
        json_string(w, ",\"text\":", peer->known[i]->text);
        json_put(w, i + 1 < peer->known_count ? "}" : "}]");
    }
}
