/*
 * What a record says about its message: as much as there may be at once, and bytes that lie about their lengths.
 */
#include "capture/file/inside.h"
#include "decoder/reasons/reasons.h"
#include "test.h"

#include <stdlib.h>

enum { NOTES = 256, PROBLEMS = 8, REASONS = VFU_MAX_BECAUSE };

static struct vfu_note notes[NOTES];
static struct vfu_problem problems[PROBLEMS];
static struct vfu_because because[REASONS];
static struct file_recorded room;

/* An event with so many notes, each as long as it may be. */
static struct vfu_event full(unsigned note_count)
{
    size_t count;

    for (unsigned i = 0; i < NOTES; i++) {
        memset(notes[i].plugin, 'p', sizeof notes[i].plugin - 1);
        memset(notes[i].text, 'a' + (int)i % 26, sizeof notes[i].text - 1);
        notes[i].warning = i % 2;
    }
    for (unsigned i = 0; i < PROBLEMS; i++) {
        problems[i] = (struct vfu_problem){ .rule = vfu_rules(&count) + i, .severity = i % 3, .at_fault = i % 3 == 0,
                                            .nobody = i == 4 };
        memset(problems[i].text, 'x', sizeof problems[i].text - 1);
    }
    for (unsigned i = 0; i < REASONS; i++) {
        because[i] = (struct vfu_because){ .certain = i % 2, .count = i % (VFU_BECAUSE_MESSAGES + 1), .messages = { i, UINT64_MAX, 7 } };
        memset(because[i].reason, 'r', sizeof because[i].reason - 1 - i);
        memset(because[i].text, 'b', sizeof because[i].text - 1 - i);
    }
    return (struct vfu_event){ .problems = problems, .problem_count = PROBLEMS, .notes = notes, .note_count = note_count, .because = because, .because_count = REASONS,
                               .reply_to = UINT64_C(0x123456789abcdef0), .latency_ns = UINT64_C(0xfedcba9876543210) };
}

static void check_same(const struct vfu_event *e)
{
    for (unsigned i = 0; i < e->problem_count; i++) {
        CHECK(e->problems[i].rule == problems[i].rule && strcmp(e->problems[i].text, problems[i].text) == 0);
        CHECK(e->problems[i].severity == problems[i].severity && e->problems[i].nobody == problems[i].nobody);
        CHECK(e->problems[i].nobody || e->problems[i].at_fault == problems[i].at_fault);
    }
    for (unsigned i = 0; i < e->because_count; i++) {
        CHECK_TEXT(e->because[i].reason, because[i].reason);
        CHECK_TEXT(e->because[i].text, because[i].text);
        CHECK_EQ(e->because[i].certain, because[i].certain);
        CHECK_EQ(e->because[i].count, because[i].count);
        CHECK(memcmp(e->because[i].messages, because[i].messages, 8 * because[i].count) == 0);
    }
    for (unsigned i = 0; i < e->note_count && i < NOTES; i++)
        if (strcmp(e->notes[i].plugin, "capture") != 0)
            CHECK(memcmp(&e->notes[i], &notes[i], sizeof notes[i]) == 0);
}

static void round_trip(void)
{
    static uint8_t bytes[FILE_ANNOTATIONS_MAX];
    struct vfu_event event = full(20), got = { 0 };
    size_t size = file_annotations_put(&event, true, bytes);

    test_case("problems, notes and what a reply answers come back");
    CHECK_EQ(size % 4, 0);
    file_annotations_get(bytes, size, &got, &room);
    CHECK_EQ(got.problem_count, PROBLEMS);
    CHECK_EQ(got.note_count, 20);
    CHECK_EQ(got.because_count, REASONS);
    CHECK(got.paired);
    CHECK_EQ(got.reply_to, event.reply_to);
    CHECK_EQ(got.latency_ns, event.latency_ns);
    check_same(&got);
}

static void too_many(void)
{
    uint8_t *bytes = malloc(FILE_ANNOTATIONS_MAX); /* of that size to the byte, for ASan */
    struct vfu_event event = full(NOTES), got = { 0 };
    size_t size = file_annotations_put(&event, true, bytes);
    char said[64];

    test_case("more than has room is counted");
    CHECK(size <= FILE_ANNOTATIONS_MAX && size > FILE_ANNOTATIONS_MAX - 512);
    file_annotations_get(bytes, size, &got, &room);
    CHECK_EQ(got.problem_count, PROBLEMS);
    CHECK(got.note_count > 50 && got.note_count < NOTES && got.paired);
    check_same(&got);
    snprintf(said, sizeof said, "%u more had no room in the file", NOTES - (got.note_count - 1));
    CHECK(strcmp(got.notes[got.note_count - 1].text, said) == 0);
    free(bytes);
}

static void cut_and_changed(void)
{
    static uint8_t bytes[FILE_ANNOTATIONS_MAX];
    struct vfu_event event = full(3);
    size_t size = file_annotations_put(&event, true, bytes);

    test_case("cut anywhere, and any byte changed");
    for (size_t i = 0; i < size; i++) {
        uint8_t *copy = malloc(size);
        uint8_t *part = malloc(i + 1);
        struct vfu_event got = { 0 };

        memcpy(part, bytes, i);
        file_annotations_get(part, i, &got, &room);
        CHECK(got.problem_count <= PROBLEMS && got.note_count <= 3 && !got.paired);
        check_same(&got);
        memcpy(copy, bytes, size);
        copy[i] ^= 0xff;
        got = (struct vfu_event){ 0 };
        file_annotations_get(copy, size, &got, &room);
        CHECK(got.problem_count <= PROBLEMS && got.note_count <= 4);
        free(part);
        free(copy);
    }
}

static void no_end(void)
{
    static uint8_t bytes[65536]; /* notes without name and text: 8 bytes each, more than there is room for */
    struct vfu_event got = { 0 };

    test_case("more notes and problems than are read");
    for (size_t i = 0; i < sizeof bytes; i += 8) {
        bytes[i + 1] = 3;
        bytes[i + 3] = 4;
    }
    file_annotations_get(bytes, sizeof bytes, &got, &room);
    CHECK_EQ(got.note_count, VFU_RECORDED_NOTES);
    for (unsigned i = 0; i < 2 * VFU_RECORDED_PROBLEMS; i++)
        file_recorded_problem(&got, &room, problems[0].rule->id, strlen(problems[0].rule->id), 0, 0, "", 0);
    CHECK_EQ(got.problem_count, VFU_RECORDED_PROBLEMS);
    CHECK(!file_recorded_problem(&got, &room, "", 0, 0, 0, "", 0));
}

/* A misfit that no table has: of a plugin that is not here. */
static void others(void)
{
    static const struct vfu_rule added = { "own-misfit", VFU_MISFIT, "", "", .plugin = "own" };
    struct vfu_rule_settings settings = { .checks = &vfu_all_checks };
    struct vfu_event got = { 0 };
    char id[16];

    test_case("misfits of others are kept, by their ids");
    CHECK(vfu_misfit_add(&added) == &added && vfu_misfit_add(&added) == &added);
    CHECK(file_recorded_problem(&got, &room, "own-misfit!", 10, 2, 2, "text", 4));
    CHECK(file_recorded_problem(&got, &room, "other-one", 9, 2, 1, "text", 4));
    CHECK(file_recorded_problem(&got, &room, "other-one", 9, 2, 1, "text", 4));
    CHECK(file_recorded_problem(&got, &room, "\033[31m", 5, 2, 1, "text", 4));
    CHECK(file_recorded_problem(&got, &room, "much-too-long-for-a-name-of-one", 31, 2, 1, "text", 4));
    CHECK(!file_recorded_problem(&got, &room, "other-rule", 10, 0, 1, "text", 4));
    CHECK_EQ(got.problem_count, 5);
    CHECK(got.problems[0].rule == &added && got.problems[0].nobody);
    CHECK_TEXT(got.problems[1].rule->id, "other-one");
    CHECK(got.problems[1].rule == got.problems[2].rule && got.problems[1].rule->plugin);
    CHECK_TEXT(got.problems[3].rule->id, "unknown-misfit");
    CHECK_TEXT(got.problems[4].rule->id, "unknown-misfit");
    CHECK(vfu_misfit_added(0) == &added && !vfu_misfit_added(1));
    CHECK(vfu_ignore(&settings, "own-misfit") && !vfu_ignore(&settings, "own"));
    CHECK(!vfu_all_checks.judge(&settings, &room.problems[0]) && vfu_all_checks.judge(&settings, &room.problems[1]));
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(id, sizeof id, "more-%u", i);
        got.problem_count = 0;
        CHECK(file_recorded_problem(&got, &room, id, strlen(id), 2, 1, "", 0));
    }
    CHECK_TEXT(got.problems[0].rule->id, "unknown-misfit");
}

static const struct vfu_register_value modes[] = { { 0, "idle" }, { 0x0123456789abcdef, "fast\033[31m" } };
static const struct vfu_register_field bits[] = { { "EN", 0, 1, 0, NULL }, { "MODE", 4, 60, 2, modes } };
static const struct vfu_register control = { .name = "dev.control", .width = 8, .flags = VFU_REGISTER_READ_ONLY, .field_count = 2,
                                             .fields = bits };
static const struct vfu_register bell = { .name = "dev.bell", .width = 4 };

/* A read of 8 bytes, or the reply to one, about three registers. */
static struct vfu_event access(bool is_reply)
{
    static const struct vfu_register_at registers[] = { { &control, 0, 4, false }, { &bell, 70000, -4, true }, { &bell, 0, -6, false } };

    return (struct vfu_event){ .command = vfu_command_by_number(VFU_REGION_READ), .command_number = VFU_REGION_READ,
                               .flags = is_reply ? VFU_TYPE_REPLY : VFU_TYPE_COMMAND, .register_count = 3, .registers = registers };
}

static void registers(void)
{
    static uint8_t bytes[FILE_ANNOTATIONS_MAX];
    struct vfu_event event = access(true), got = { 0 };
    size_t size = file_annotations_put(&event, false, bytes);
    const struct vfu_register *reg;

    test_case("registers come back, with what their bits mean where there is a value");
    CHECK_EQ(size % 4, 0);
    file_annotations_get(bytes, size, &got, &room);
    CHECK_EQ(got.register_count, 3);
    reg = got.registers[0].reg;
    CHECK_TEXT(reg->name, "dev.control");
    CHECK(reg->width == 8 && reg->flags == VFU_REGISTER_READ_ONLY && reg->field_count == 2);
    CHECK(got.registers[0].at == 4 && !got.registers[0].indexed);
    CHECK_TEXT(reg->fields[0].name, "EN");
    CHECK(reg->fields[1].low == 4 && reg->fields[1].bits == 60 && reg->fields[1].value_count == 2);
    CHECK(reg->fields[1].values[1].value == modes[1].value);
    CHECK_TEXT(reg->fields[1].values[1].name, "fast\\x1b[31m");
    CHECK_TEXT(got.registers[1].reg->name, "dev.bell");
    CHECK(got.registers[1].index == 70000 && got.registers[1].indexed && got.registers[1].at == -4);
    CHECK(got.registers[2].reg == got.registers[1].reg); /* equal ones are one */
    event = access(false);
    got = (struct vfu_event){ 0 };
    file_annotations_get(bytes, file_annotations_put(&event, false, bytes), &got, &room);
    CHECK_EQ(got.register_count, 3);
    CHECK_TEXT(got.registers[0].reg->name, "dev.control");
    CHECK_EQ(got.registers[0].reg->field_count, 0);
}

/* Made up ones, so many; are they all kept, once? */
static void keep(unsigned count, bool all)
{
    for (unsigned i = 0; i < count; i++) {
        char name[16];
        struct vfu_register reg = { .name = name, .width = 4 };
        const struct vfu_register *kept;

        snprintf(name, sizeof name, "made.up%u", i);
        kept = vfu_register_keep(&reg);
        CHECK(!all || (kept && kept == vfu_register_keep(&reg)));
    }
}

static void broken_registers(void)
{
    static uint8_t bytes[FILE_ANNOTATIONS_MAX];
    struct vfu_event event = access(true), got;
    size_t size = file_annotations_put(&event, false, bytes);

    test_case("registers cut anywhere, and any byte changed to anything");
    for (size_t i = 0; i < size; i++) {
        uint8_t *part = malloc(i + 1), *copy = malloc(size);

        memcpy(part, bytes, i);
        got = (struct vfu_event){ 0 };
        file_annotations_get(part, i, &got, &room);
        CHECK(got.register_count <= 3);
        for (unsigned n = 0; n < 256; n += i % 7 + 1) {
            memcpy(copy, bytes, size);
            copy[i] = (uint8_t)n;
            got = (struct vfu_event){ 0 };
            file_annotations_get(copy, size, &got, &room);
            CHECK(got.register_count <= VFU_REGISTERS_NAMED);
            for (unsigned r = 0; r < got.register_count; r++)
                for (unsigned f = 0; f < got.registers[r].reg->field_count; f++)
                    CHECK(got.registers[r].reg->fields[f].low + got.registers[r].reg->fields[f].bits <= 64);
        }
        free(part);
        free(copy);
    }
    test_case("more registers than are named, and than are kept");
    got = (struct vfu_event){ 0 };
    for (unsigned i = 0; i < 100; i++)
        file_annotations_get(bytes, size, &got, &room);
    CHECK_EQ(got.register_count, VFU_REGISTERS_NAMED);
    keep(100000, false);
    CHECK(vfu_register_keep(&(struct vfu_register){ .name = "made.up", .width = 4 }) == NULL);
    CHECK(vfu_register_keep(&(struct vfu_register){ .name = "made.up7", .width = 4 }) != NULL);
}

int main(void)
{
    round_trip();
    too_many();
    cut_and_changed();
    no_end();
    others();
    registers();
    keep(1000, true);
    broken_registers();
    return test_end();
}
