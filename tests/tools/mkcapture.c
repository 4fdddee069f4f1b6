/*
 * mkcapture OUT FILE...: the conversations of tests/messages as a capture, a connection each, its times made up unless they say how long after. Nothing
 * is said of the rules, so that the file stays as it is when they change.
 */
#include "capture/file/capfile.h"
#include "decoder/session/session.h"
#include "tests/c/conversation.h"

static struct vfu_time at(uint64_t now)
{
    return (struct vfu_time){ .wall_ns = 1700000000000000000 + now, .mono_ns = now };
}

int main(int argc, char **argv)
{
    struct vfu_session *session = vfu_session_new(NULL);
    struct vfu_capwriter *writer;
    struct vfu_error error = { 0 };
    struct vfu_event event;
    uint64_t no = 0, now = 0;
    bool ok = argc > 2;

    writer = ok && session ? vfu_capwriter_open(argv[1], 0, NULL, &error) : NULL;
    ok = writer != NULL;
    for (int i = 2; ok && i < argc; i++) {
        uint32_t conn = (uint32_t)i - 1;
        struct talk t;

        ok = talk_read(argv[i], &t);
        now += 1000000;
        event = (struct vfu_event){ .kind = VFU_EVENT_CONNECT, .time = at(now), .conn = conn };
        vfu_session_event(session, &event);
        ok = ok && vfu_capwriter_event(writer, &event, &error);
        for (size_t n = 0; ok && n < t.count; n++) {
            struct vfu_message m = talk_as_message(&t.lines[n], ++no);

            now += t.lines[n].after_us ? t.lines[n].after_us * 1000 : 1500 + n * 7;
            m.conn = conn;
            m.time = at(now);
            vfu_session_message(session, &m, &event);
            ok = vfu_capwriter_event(writer, &event, &error);
        }
        now += 1000;
        event = (struct vfu_event){ .kind = VFU_EVENT_DISCONNECT, .time = at(now), .conn = conn,
                                    .disconnect = { 1u << VFU_CLIENT, "client closed" } };
        vfu_session_event(session, &event);
        ok = ok && vfu_capwriter_event(writer, &event, &error);
        talk_free(&t);
    }
    if (writer && !vfu_capwriter_close(writer, &error))
        ok = false;
    vfu_session_free(session);
    if (!ok)
        fprintf(stderr, "mkcapture: %s\n", error.text);
    return !ok;
}
