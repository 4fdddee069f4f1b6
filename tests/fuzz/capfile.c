/*
 * Fuzzer: the reader of capture files, and what decoding makes of what it gives.
 */
#include "capture/file/inside.h"
#include "decoder/reasons/reasons.h"
#include "decoder/session/session.h"
#include "decoder/sinks/sinks.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char output[1 << 16];
static uint8_t annotations[FILE_ANNOTATIONS_MAX];

static bool discard(void *context, const char *bytes, size_t size)
{
    (void)context;
    (void)bytes;
    (void)size;
    return true;
}

static void read_all(struct vfu_capreader *reader)
{
    struct vfu_session *session = vfu_session_new(&vfu_all_checks);
    struct vfu_writer w = vfu_writer(output, sizeof output, discard, NULL);
    struct vfu_text text = { .tree = true, .hex = true };
    struct vfu_json json = { .hex = true };
    enum vfu_captured got;
    struct vfu_event event;
    struct vfu_error error;

    while ((got = vfu_capreader_next(reader, &event, &error)) == VFU_CAPTURED_MESSAGE || got == VFU_CAPTURED_EVENT) {
        if (got == VFU_CAPTURED_MESSAGE) {
            struct vfu_event read = event;

            vfu_session_message(session, &read.message, &event);
            vfu_session_add_recorded(session, &event, &read);
            event.notes = read.notes;
            event.note_count = read.note_count;
            file_annotations_put(&event, event.paired, annotations);
        }
        vfu_text_event(&text, &event, &w);
        vfu_json_event(&json, &event, &w);
    }
    vfu_session_free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    const struct vfu_capwait wait = { 0 };
    struct vfu_capreader *reader;
    struct vfu_error error;
    char path[64];

    if (fd < 0)
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (write(fd, data, size) == (ssize_t)size && (reader = vfu_capreader_open(path, &wait, &error))) {
        read_all(reader);
        vfu_capreader_close(reader);
    }
    close(fd);
    return 0;
}
