/*
 * repeat FILE MESSAGES OUT: a capture of at least that many messages, made by writing the records of FILE again and
 * again, each time later. Only copies pcap records (this machine's byte order): knows nothing of what is in them.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct record {
    uint32_t seconds, nanoseconds, captured, size;
};

int main(int argc, char **argv)
{
    FILE *in, *out;
    static char bytes[4 << 20];
    size_t size, at, records = 0;
    uint64_t shift = 0, first = 0, last = 0, wanted;

    if (argc != 4 || !(in = fopen(argv[1], "r")) || !(out = fopen(argv[3], "w"))) {
        perror("repeat FILE MESSAGES OUT");
        return 2;
    }
    wanted = strtoull(argv[2], NULL, 10);
    size = fread(bytes, 1, sizeof bytes, in);
    if (size < 24 + sizeof(struct record) || memcmp(bytes, "\x4d\x3c\xb2\xa1", 4) != 0) {
        fprintf(stderr, "%s: not a capture that can be repeated\n", argv[1]);
        return 1;
    }
    fwrite(bytes, 1, 24, out);
    while (records < wanted) {
        for (at = 24; at + sizeof(struct record) <= size; records++) {
            struct record r;
            uint64_t time;

            memcpy(&r, bytes + at, sizeof r);
            at += sizeof r;
            if (r.captured > size - at)
                break;
            time = r.seconds * UINT64_C(1000000000) + r.nanoseconds;
            first = first ? first : time;
            last = time;
            time += shift;
            r.seconds = (uint32_t)(time / 1000000000);
            r.nanoseconds = (uint32_t)(time % 1000000000);
            fwrite(&r, sizeof r, 1, out);
            fwrite(bytes + at, 1, r.captured, out);
            at += r.captured;
        }
        shift += last - first + 1000000;
    }
    if (fclose(out) != 0) {
        perror(argv[3]);
        return 1;
    }
    printf("%zu\n", records);
    return 0;
}
