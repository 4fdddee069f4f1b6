/*
 * Text in a page: whatever it is, it goes through one function that escapes it. And what people read of numbers.
 */
#include "cli/report/inside.h"

#include <stdio.h>
#include <time.h>

/* --- the two ways into the page --- */

/* No text can be a mark, or end an attribute. */
static bool escape_text(void *context, const char *bytes, size_t size)
{
    struct vfu_writer *w = ((struct report_page *)context)->w;

    for (size_t i = 0; i < size; i++) {
        switch (bytes[i]) {
        case '&':
            vfu_write(w, "&amp;", 5);
            break;
        case '<':
            vfu_write(w, "&lt;", 4);
            break;
        case '>':
            vfu_write(w, "&gt;", 4);
            break;
        case '"':
            vfu_write(w, "&quot;", 6);
            break;
        case '\'':
            vfu_write(w, "&#39;", 5);
            break;
        default:
            vfu_write_char(w, bytes[i]);
        }
    }
    return !w->failed;
}

/* JSON in a script block: nothing in it can end that, or be a line's end in a script (U+2028, U+2029). */
static bool escape_data(void *context, const char *bytes, size_t size)
{
    struct report_page *p = context;

    for (size_t i = 0; i < size; i++) {
        uint8_t c = (uint8_t)bytes[i];

        if (p->held == 2 && (c & 0xfe) == 0xa8) {
            vfu_write(p->w, c == 0xa8 ? "\\u2028" : "\\u2029", 6);
            p->held = 0;
            continue;
        }
        if (p->held == 1 && c == 0x80) { /* what may begin one of those is held back */
            p->held = 2;
            continue;
        }
        vfu_write(p->w, "\xe2\x80", p->held);
        p->held = c == 0xe2;
        if (c == '<' || c == '>' || c == '&')
            vfu_write(p->w, c == '<' ? "\\u003c" : c == '>' ? "\\u003e" : "\\u0026", 6);
        else if (!p->held)
            vfu_write_char(p->w, (char)c);
    }
    return !p->w->failed;
}

void report_page_begin(struct report_page *p, struct vfu_writer *w)
{
    p->w = w;
    p->text = vfu_writer(p->text_room, sizeof p->text_room, escape_text, p);
    p->data = vfu_writer(p->data_room, sizeof p->data_room, escape_data, p);
    p->held = 0;
}

/* --- text --- */

void report_words(struct report_page *p, const void *text, size_t size)
{
    vfu_write_escaped(&p->text, text, size);
    vfu_writer_flush(&p->text);
}

void report_text(struct report_page *p, const char *text)
{
    vfu_write_printable(&p->text, text);
    vfu_writer_flush(&p->text);
}

void report_number(struct report_page *p, uint64_t number)
{
    vfu_write_decimal(p->w, number);
}

void report_many(struct report_page *p, uint64_t number)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%llu", (unsigned long long)number);

    for (int i = 0; i < size; i++) {
        if (i && (size - i) % 3 == 0)
            vfu_write(p->w, "\xe2\x80\xaf", 3); /* a narrow blank */
        vfu_write_char(p->w, text[i]);
    }
}

void report_duration(struct report_page *p, uint64_t ns)
{
    static const struct {
        uint64_t unit;
        unsigned digits;
        const char *name;
    } units[] = { { 1000000000, 3, "s" }, { 1000000, 3, "ms" }, { 1000, 1, "\xc2\xb5s" }, { 1, 0, "ns" } };
    unsigned i = 0;
    char text[40];

    while (i < 3 && ns < units[i].unit)
        i++;
    snprintf(text, sizeof text, "%.*f", (int)units[i].digits, (double)ns / (double)units[i].unit);
    vfu_write_text(p->w, text);
    vfu_write(p->w, "\xe2\x80\xaf", 3);
    vfu_write_text(p->w, units[i].name);
}

void report_seconds(struct report_page *p, uint64_t ns)
{
    vfu_write_decimal(p->w, ns / 1000000000);
    vfu_write_char(p->w, '.');
    vfu_write_decimal_padded(p->w, ns % 1000000000 / 1000, 6, '0');
}

void report_date(struct report_page *p, uint64_t wall_ns)
{
    time_t seconds = (time_t)(wall_ns / 1000000000u);
    char text[40];
    struct tm tm;

    if (gmtime_r(&seconds, &tm) && strftime(text, sizeof text, "%F %T UTC", &tm))
        vfu_write_text(p->w, text);
}
