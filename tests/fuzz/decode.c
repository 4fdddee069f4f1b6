/*
 * Fuzzer: messages through the session, the decoder and every text sink. The first byte says who sent them and how (bits
 * 0 to 3: from the server, the first to the fourth, then again; 4 twin socket, 5 other byte order, 6 the last one is
 * cut); the rest are messages one after another, as long as their size fields say.
 */
#include "decoder/reasons/reasons.h"
#include "decoder/reasons/verdict.h"
#include "decoder/wire/decode.h"
#include "decoder/session/session.h"
#include "decoder/sinks/sinks.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char output[1 << 16];

static bool discard(void *context, const char *bytes, size_t size)
{
    (void)context;
    (void)bytes;
    (void)size;
    return true;
}

static void sinks(const struct vfu_event *event, struct vfu_summary *summary, struct vfu_evidence *evidence)
{
    struct vfu_decoded decoded;

    vfu_decode(event, &decoded);
    if (decoded.count > VFU_MAX_VALUES)
        abort();
    for (unsigned way = 0; way < 8; way++) {
        struct vfu_text text = { .tree = way & 1, .hex = way & 2, .colour = way & 4 };
        struct vfu_json json = { .hex = way & 1 };
        struct vfu_writer w = vfu_writer(output, sizeof output, discard, NULL);

        vfu_text_event(&text, event, &w);
        if (way < 2)
            vfu_json_event(&json, event, &w);
    }
    vfu_summary_event(summary, event);
    vfu_evidence_event(evidence, event);
}

static void sinks_of_event(const struct vfu_event *event, struct vfu_summary *summary, struct vfu_evidence *evidence)
{
    struct vfu_writer w = vfu_writer(output, sizeof output, discard, NULL);
    struct vfu_text text = { 0 };
    struct vfu_json json = { 0 };

    vfu_text_event(&text, event, &w);
    vfu_json_event(&json, event, &w);
    vfu_summary_event(summary, event);
    vfu_evidence_event(evidence, event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vfu_session *session = vfu_session_new(&vfu_all_checks);
    struct vfu_summary *summary = vfu_summary_new();
    struct vfu_evidence *evidence = vfu_evidence_new();
    struct vfu_why why;
    struct vfu_writer w = vfu_writer(output, sizeof output, discard, NULL);
    struct vfu_fd fds[2] = { { .type = VFU_FD_MEMFD, .has_size = true, .size = 4096 }, { .type = VFU_FD_EVENTFD } };
    uint8_t how = size ? data[0] : 0;
    struct vfu_event event;
    unsigned count = 0;

    event = (struct vfu_event){ .kind = VFU_EVENT_CONNECT, .conn = 1 };
    vfu_session_event(session, &event); /* of connection 2 the beginning is missing */
    for (size_t at = 1; size - at >= VFU_HEADER_SIZE && at < size; count++) {
        struct vfu_message m = { .conn = 1 + count % 2 * (how >> 7), .from = how >> (count % 4) & 1,
                                 .channel = how >> 4 & 1, .swapped = how >> 5 & 1, .fds = fds, .nfds = count % 3,
                                 .time = { .wall_ns = count * 1000, .mono_ns = count * 1000 } };
        uint32_t claim;
        uint8_t *bytes;

        memcpy(&claim, data + at + 4, 4);
        claim = m.swapped ? __builtin_bswap32(claim) : claim;
        m.captured = claim < VFU_HEADER_SIZE ? VFU_HEADER_SIZE : claim < size - at ? claim : size - at;
        m.size = how >> 6 & 1 ? claim : m.captured;
        bytes = malloc(m.captured); /* so that a byte too many is seen */
        if (!bytes)
            break;
        memcpy(bytes, data + at, m.captured);
        at += m.captured;
        m.bytes = bytes;
        vfu_session_message(session, &m, &event);
        sinks(&event, summary, evidence);
        free(bytes);
    }
    while (vfu_session_overdue(session, (struct vfu_time){ .mono_ns = count * 1000 }, 1000, &event))
        sinks_of_event(&event, summary, evidence);
    event = (struct vfu_event){ .kind = VFU_EVENT_DISCONNECT, .time.mono_ns = count * 1000, .conn = 1 };
    vfu_session_event(session, &event);
    sinks_of_event(&event, summary, evidence);
    vfu_summary_text(summary, session, (struct vfu_left_out){ 0 }, &(struct vfu_summary_look){ .colour = true }, &w);
    vfu_summary_json(summary, session, (struct vfu_left_out){ 0 }, &w);
    vfu_why_of(evidence, session, 0, &why);
    vfu_why_text(&why, &w);
    vfu_why_json(&why, &w);
    vfu_evidence_free(evidence);
    vfu_summary_free(summary);
    vfu_session_free(session);
    return 0;
}
