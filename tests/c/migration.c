/*
 * Migration, as `why` and the summary tell it: who takes part, how far it came, what stopped it; and what is no sign of one.
 */
#include "decoder/reasons/migration.h"
#include "decoder/reasons/reasons.h"
#include "decoder/session/session.h"
#include "decoder/wire/encode.h"
#include "test.h"

#include <errno.h>

enum { GET = 1 << 16, SET = 1 << 17, PROBE = 1 << 18 };

static struct vfu_session *session;
static struct vfu_migrations all;
static char said[VFU_MIGRATION_TEXT];

static void begin(const char *name)
{
    test_case("%s", name);
    vfu_session_free(session);
    session = vfu_session_new(&vfu_all_checks);
    all = (struct vfu_migrations){ .count = 0 };
}

static void put(enum vfu_side from, struct vfu_build *b)
{
    struct vfu_event event;
    struct vfu_message m = { .conn = 1, .from = from };

    CHECK(vfu_build_end(b));
    m.bytes = b->bytes;
    m.size = m.captured = b->size;
    vfu_session_message(session, &m, &event);
    vfu_migrations_event(&all, &event);
    vfu_build_free(b);
}

static void reply_error(unsigned command, uint32_t error)
{
    struct vfu_build b = { 0 };

    CHECK(vfu_build_start(&b, command, true));
    vfu_build_clear_payload(&b);
    CHECK(vfu_build_set_number(&b, "header.flags", VFU_TYPE_REPLY | VFU_ERROR) && vfu_build_set_number(&b, "header.error", error));
    put(VFU_SERVER, &b);
}

/* A feature with a number behind it (data of its size in bytes, 0: none), and its reply; an error: that. */
static void feature(uint32_t index, uint32_t flags, unsigned size, uint64_t number, uint32_t error)
{
    for (unsigned reply = 0; reply < 2; reply++) {
        struct vfu_build b = { 0 };
        uint32_t head[2] = { 8 + size, index | flags };
        bool data = flags & SET || (reply && flags & GET && !(flags & PROBE));

        if (reply && error) {
            reply_error(VFU_DEVICE_FEATURE, error);
            return;
        }
        CHECK(vfu_build_start(&b, VFU_DEVICE_FEATURE, reply));
        vfu_build_clear_payload(&b);
        CHECK(vfu_build_append(&b, head, sizeof head) && (!data || vfu_build_append(&b, &number, size)));
        put(reply ? VFU_SERVER : VFU_CLIENT, &b);
    }
}

static void state(uint32_t wanted, uint32_t error)
{
    feature(VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, SET, 8, wanted, error);
}

static void data(unsigned command, uint32_t size, uint32_t got, uint32_t error)
{
    for (unsigned reply = 0; reply < 2; reply++) {
        static const uint8_t zeros[64];
        struct vfu_build b = { 0 };
        uint32_t head[2] = { 8 + size, reply ? got : size };
        bool read = command == VFU_MIG_DATA_READ;

        if (reply && error) {
            reply_error(command, error);
            return;
        }
        CHECK(vfu_build_start(&b, command, reply));
        vfu_build_clear_payload(&b);
        if (read || !reply)
            CHECK(vfu_build_append(&b, head, sizeof head) && (read != reply || vfu_build_append(&b, zeros, reply ? got : size)));
        put(reply ? VFU_SERVER : VFU_CLIENT, &b);
    }
}

static const char *say(void)
{
    said[0] = '\0';
    if (CHECK_EQ(all.count, 1))
        vfu_migration_say(&all.list[0], said);
    return said;
}

static void check_no_sign(void)
{
    begin("another feature is no sign of a migration, nor are messages of other kinds");
    feature(VFIO_DEVICE_FEATURE_PCI_VF_TOKEN, PROBE | SET, 0, 0, EINVAL);
    feature(VFU_FEATURE_BUS_MASTER, PROBE | SET, 0, 0, 0);
    reply_error(VFU_DEVICE_FEATURE, EINVAL); /* to nothing */
    CHECK_EQ(all.count, 0);
}

static void check_part(void)
{
    begin("a device that can't");
    feature(VFIO_DEVICE_FEATURE_MIGRATION, GET, 8, 0, EINVAL);
    CHECK_TEXT(say(), "the device takes no part: MIGRATION was refused (#2: EINVAL)");
    CHECK_TEXT(vfu_takes_part_name(all.list[0].part), "no");

    begin("a device that says that it can't");
    feature(VFIO_DEVICE_FEATURE_MIGRATION, GET, 8, 0, 0);
    CHECK_TEXT(say(), "the device takes no part: it has no way to migrate (#2)");

    begin("a device that can, and is not asked to");
    feature(VFIO_DEVICE_FEATURE_MIGRATION, GET, 8, VFIO_MIGRATION_STOP_COPY, 0);
    CHECK_TEXT(say(), "the device can migrate (#2), and was not asked to");
    CHECK_TEXT(vfu_takes_part_name(all.list[0].part), "yes");

    begin("that a feature is there says nothing yet");
    feature(VFIO_DEVICE_FEATURE_MIGRATION, PROBE | GET, 0, 0, 0);
    CHECK_EQ(all.list[0].part, VFU_PART_UNKNOWN);
}

static void check_states(void)
{
    begin("a migration that comes to its end");
    feature(VFIO_DEVICE_FEATURE_MIGRATION, GET, 8, VFIO_MIGRATION_STOP_COPY, 0);
    state(VFU_STATE_STOP, 0);
    state(VFU_STATE_STOP_COPY, 0);
    data(VFU_MIG_DATA_READ, 48, 48, 0);
    CHECK_TEXT(say(), "the last state is STOP_COPY (#6), which was not left; 48 bytes of its data were read, not to the end");
    data(VFU_MIG_DATA_READ, 48, 8, 0);
    state(VFU_STATE_STOP, 0);
    CHECK_TEXT(say(), "the last state is STOP (#12); 56 bytes of its data were read, to the end");

    begin("a state that is refused, and what comes behind it");
    state(VFU_STATE_PRE_COPY, 0);
    state(VFU_STATE_STOP_COPY, EIO);
    data(VFU_MIG_DATA_READ, 48, 0, EINVAL);
    CHECK_TEXT(say(), "it stopped where the device refused PRE_COPY -> STOP_COPY (#4: EIO)");
    state(VFU_STATE_STOP, 0);
    CHECK_TEXT(say(), "the last state is STOP (#8)");

    begin("the first state is refused; a probe of it is none");
    feature(VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE, PROBE | SET, 0, 0, EINVAL);
    CHECK_EQ(all.list[0].refused.no, 0);
    state(VFU_STATE_RESUMING, EINVAL);
    CHECK_TEXT(say(), "it stopped where the device refused to go to RESUMING (#4: EINVAL)");

    begin("data that is not taken");
    state(VFU_STATE_RESUMING, 0);
    data(VFU_MIG_DATA_WRITE, 32, 0, 0);
    CHECK_TEXT(say(), "the last state is RESUMING (#2), which was not left; 32 bytes of its data were written");
    data(VFU_MIG_DATA_WRITE, 32, 0, ENOSPC);
    CHECK_TEXT(say(), "it stopped where the device refused MIG_DATA_WRITE (#6: ENOSPC); 32 bytes of its data were written");
}

static void check_log(void)
{
    begin("the log alone");
    feature(VFIO_DEVICE_FEATURE_DMA_LOGGING_STOP, SET, 0, 0, 0);
    CHECK_TEXT(say(), "the log of dirty pages was used, and nothing else");
    CHECK_TEXT(vfu_takes_part_name(all.list[0].part), "unknown");
    feature(VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT, GET, 0, 0, EINVAL);
    CHECK_TEXT(say(), "it stopped where the device refused DMA_LOGGING_REPORT (#4: EINVAL)");
}

int main(void)
{
    check_no_sign();
    check_part();
    check_states();
    check_log();
    vfu_session_free(session);
    return test_end();
}
