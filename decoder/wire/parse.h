/*
 * Numbers, times and bytes as people write them.
 */
#ifndef VFU_DECODER_WIRE_PARSE_H
#define VFU_DECODER_WIRE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A number: 10, 0x10, 010, 4K, 1M, 2G (powers of 1024); false if it is none or above 64 bits. */
bool vfu_parse_number(const char *text, uint64_t *number);
/* A time: 10ms, 1.5us, 2s, in nanoseconds. A bare number is none: it would not say of what. */
bool vfu_parse_time(const char *text, uint64_t *ns);
/*
 * A point of time, in nanoseconds: seconds or a time (0.25, 250ms) since the beginning of what is looked at, then *since_start; or
 * since 1970: as seconds (1763790000.25), or as a date with its time of day and zone (2026-01-31T13:05:00.25Z,
 * 2026-01-31 13:05:00+01:00).
 */
bool vfu_parse_instant(const char *text, uint64_t *ns, bool *since_start);
/*
 * Such a date at the begin of a text, as logs have them: the fraction may stand behind a comma, a zone of four digits behind a blank,
 * and without any it is the local one's. *at goes behind it.
 */
bool vfu_take_date(const char **at, uint64_t *ns);
/* An even number of hex digits; *bytes is the caller's to free, also when *size is 0. False: not hex, or no memory. */
bool vfu_parse_hex(const char *text, uint8_t **bytes, size_t *size);

#endif
