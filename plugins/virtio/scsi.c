/*
 * virtio: what a chain asks of a SCSI host (5.6.6): commands with their target, task management, event buffers.
 */
#include "plugins/virtio/virtio.h"

enum { HEAD = 51, CDB = 19, ANSWER = 12, SENSE = 14, CHECK_CONDITION = 2, BAD_TARGET = 3 };

static const char *command_name(uint8_t opcode)
{
    static const struct {
        uint8_t opcode;
        const char *name;
    } names[] = {
        { 0x00, "TEST UNIT READY" },       { 0x03, "REQUEST SENSE" },     { 0x04, "FORMAT UNIT" },
        { 0x08, "READ(6)" },               { 0x0a, "WRITE(6)" },          { 0x12, "INQUIRY" },
        { 0x15, "MODE SELECT(6)" },        { 0x16, "RESERVE(6)" },        { 0x17, "RELEASE(6)" },
        { 0x1a, "MODE SENSE(6)" },         { 0x1b, "START STOP UNIT" },   { 0x1e, "PREVENT ALLOW MEDIUM REMOVAL" },
        { 0x25, "READ CAPACITY(10)" },     { 0x28, "READ(10)" },          { 0x2a, "WRITE(10)" },
        { 0x2f, "VERIFY(10)" },            { 0x35, "SYNCHRONIZE CACHE(10)" }, { 0x41, "WRITE SAME(10)" },
        { 0x42, "UNMAP" },                 { 0x43, "READ TOC" },          { 0x4a, "GET EVENT STATUS NOTIFICATION" },
        { 0x4d, "LOG SENSE" },             { 0x55, "MODE SELECT(10)" },   { 0x5a, "MODE SENSE(10)" },
        { 0x5e, "PERSISTENT RESERVE IN" }, { 0x5f, "PERSISTENT RESERVE OUT" }, { 0x88, "READ(16)" },
        { 0x89, "COMPARE AND WRITE" },     { 0x8a, "WRITE(16)" },         { 0x8f, "VERIFY(16)" },
        { 0x91, "SYNCHRONIZE CACHE(16)" }, { 0x93, "WRITE SAME(16)" },    { 0x9e, "SERVICE ACTION IN(16)" },
        { 0xa0, "REPORT LUNS" },           { 0xa3, "MAINTENANCE IN" },    { 0xa8, "READ(12)" },
        { 0xaa, "WRITE(12)" },
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].opcode == opcode)
            return names[i].name;
    return NULL;
}

static uint64_t big(const uint8_t *bytes, unsigned size)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < size; i++)
        n = n << 8 | bytes[i];
    return n;
}

static void add_command(struct vfp_line *l, const uint8_t *cdb)
{
    const char *name = command_name(cdb[0]);

    if (name)
        vfp_add(l, "%s", name);
    else
        vfp_add(l, "SCSI command 0x%02x", cdb[0]);
    if (cdb[0] == 0x08 || cdb[0] == 0x0a)
        vfp_add(l, " LBA 0x%" PRIx64 "+%u", big(cdb + 1, 3) & 0x1fffff, cdb[4] ? cdb[4] : 256u);
    else if (cdb[0] == 0x28 || cdb[0] == 0x2a)
        vfp_add(l, " LBA 0x%" PRIx64 "+%" PRIu64, big(cdb + 2, 4), big(cdb + 7, 2));
    else if (cdb[0] == 0xa8 || cdb[0] == 0xaa)
        vfp_add(l, " LBA 0x%" PRIx64 "+%" PRIu64, big(cdb + 2, 4), big(cdb + 6, 4));
    else if (cdb[0] == 0x88 || cdb[0] == 0x8a)
        vfp_add(l, " LBA 0x%" PRIx64 "+%" PRIu64, big(cdb + 2, 8), big(cdb + 10, 4));
    else if (cdb[0] == 0x12 && cdb[1] & 1)
        vfp_add(l, " page 0x%02x", cdb[2]);
}

static void control(struct virtio *v, struct vfp_line *l, const struct virtio_chain *c, struct virtio_waiting *w)
{
    static const char *const functions[] = { "abort task", "abort task set", "clear ACA", "clear task set",
                                             "I_T nexus reset", "logical unit reset", "query task", "query task set" };
    uint8_t head[16] = { 0 };
    uint32_t type;

    if (!virtio_gather(v, c, 0, head, 4)) {
        vfp_add(l, "no control request: %" PRIu64 " bytes to read", virtio_sum(c, false));
        return;
    }
    type = (uint32_t)vfp_le(head, 4);
    if (type == 0 && virtio_gather(v, c, 0, head, sizeof head) && vfp_le(head + 4, 4) < 8)
        snprintf(w->what, sizeof w->what, "%s", functions[head[4]]);
    else
        snprintf(w->what, sizeof w->what, type == 1 ? "query notifications" : type == 2 ? "subscribe to notifications"
                 : type ? "control request of unknown type" : "task management of unknown kind");
    vfp_add(l, "%s", w->what);
    if (type == 0)
        vfp_add(l, ", target %u LUN %u", head[9], (unsigned)big(head + 10, 2) & 0x3fff);
}

void virtio_scsi(struct virtio *v, struct vfp_line *l, unsigned queue, const struct virtio_chain *c, struct virtio_waiting *w)
{
    struct vfp_line what = { 0 };
    uint8_t head[HEAD];

    if (queue == 0) {
        control(v, l, c, w);
        return;
    }
    if (queue == 1) {
        vfp_add(l, "an event buffer of %" PRIu64 " bytes", virtio_sum(c, true));
        return;
    }
    if (!virtio_gather(v, c, 0, head, sizeof head)) {
        if (virtio_sum(c, false) >= HEAD)
            vfp_add(l, "a request whose head can't be read");
        else
            vfp_add(l, "no SCSI request: %" PRIu64 " bytes to read", virtio_sum(c, false));
        return;
    }
    w->request.known |= VFP_HAS_OPCODE;
    w->request.opcode = head[CDB];
    add_command(&what, head + CDB);
    snprintf(w->what, sizeof w->what, "%.71s", what.text);
    vfp_add(l, "target %u LUN %u: %s", head[1], (unsigned)big(head + 2, 2) & 0x3fff, what.text);
    w->answer = virtio_sum(c, true) >= ANSWER ? virtio_place(c, 0) : 0;
}

bool virtio_scsi_result(struct virtio *v, struct vfp_line *l, unsigned queue, const struct virtio_waiting *w)
{
    static const char *const responses[] = { "ok", "overrun", "aborted", "bad target", "reset", "busy", "transport failure",
                                             "target failure", "nexus failure", "failure", "function succeeded",
                                             "function rejected", "incorrect LUN" };
    uint8_t answer[ANSWER], sense[SENSE];

    if (queue < 2 || !w->answer || v->host->read(v->device, w->answer, answer, sizeof answer) != VFP_OK)
        return true;
    if (answer[11])
        vfp_add(l, ", %s", answer[11] < sizeof responses / sizeof responses[0] ? responses[answer[11]] : "unknown response");
    else
        vfp_add(l, answer[10] == 0 ? ", ok" : answer[10] == CHECK_CONDITION ? ", check condition" : ", status 0x%02x",
                answer[10]);
    if (!answer[11] && answer[10] == CHECK_CONDITION && vfp_le(answer, 4) >= SENSE &&
        v->host->read(v->device, w->answer + ANSWER, sense, sizeof sense) == VFP_OK)
        vfp_add(l, ", sense %x/%02x/%02x", sense[2] & 0xf, sense[12], sense[13]);
    return answer[11] == 0 || answer[11] == BAD_TARGET; /* a check condition is the driver's everyday life */
}
