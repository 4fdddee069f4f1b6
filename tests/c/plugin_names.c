/*
 * What the plugins' process says of registers is a claim: numbers that lie, texts without an end or with a terminal's codes, names
 * of other plugins. What is true is taken, once.
 */
#include "plugins/host/inside.h"
#include "test.h"

#include <stdlib.h>

static const struct plugin_hello hello = { .ok = true, .count = 1, .names = { "dev" } };
static struct plugin_registers *claim;
static struct plugin_names names;

/* One register with a field and a value. */
static void make(const char *name)
{
    memset(claim, 0, sizeof *claim);
    claim->count = claim->field_count = claim->value_count = 1;
    claim->text_size = 64;
    snprintf(claim->text + 1, 32, "%s", name);
    snprintf(claim->text + 40, 8, "EN");
    snprintf(claim->text + 50, 8, "on\033[1m");
    claim->list[0] = (struct plugin_register_row){ .name = 1, .width = 4, .field_count = 1 };
    claim->fields[0] = (struct plugin_field_row){ .name = 40, .low = 3, .bits = 2, .value_count = 1 };
    claim->values[0] = (struct plugin_value_row){ 1, 50 };
}

static bool takes(void) { return plugin_names_take(&names, claim, &hello); }

static void as_it_should_be(void)
{
    const struct vfu_register *reg;

    test_case("what is true is taken; equal registers are one");
    make("dev.control");
    CHECK(takes() && names.count == 1);
    reg = names.list[0];
    CHECK_TEXT(reg->name, "dev.control");
    CHECK_TEXT(reg->fields[0].name, "EN");
    CHECK_TEXT(reg->fields[0].values[0].name, "on?[1m");
    CHECK(takes() && names.list[0] == reg);
    test_case("a width that there is not, or a field outside, is left out");
    claim->list[0].width = 3;
    CHECK(takes() && names.count == 1 && !names.list[0]);
    claim->list[0].width = 1;
    claim->fields[0].low = 7;
    CHECK(takes() && names.list[0] && names.list[0]->field_count == 0);
}

static void lies(void)
{
    test_case("what can't be true is refused");
    make("dev.control");
    claim->count = PLUGIN_REGISTERS + 1;
    CHECK(!takes());
    make("dev.control");
    claim->text_size = PLUGIN_TEXT + 1;
    CHECK(!takes());
    claim->text_size = 0;
    CHECK(!takes());
    make("other.control");
    CHECK(!takes());
    make("dev.");
    CHECK(!takes());
    make("dev.control");
    claim->list[0].plugin = 1;
    CHECK(!takes());
    claim->list[0].plugin = 0;
    claim->list[0].name = 64;
    CHECK(!takes());
    claim->list[0].name = UINT32_MAX;
    CHECK(!takes());
    make("dev.control");
    claim->list[0].fields = UINT32_MAX;
    CHECK(!takes());
    make("dev.control");
    claim->list[0].field_count = UINT16_MAX;
    CHECK(!takes());
    make("dev.control");
    claim->fields[0].values = 1;
    CHECK(!takes());
    make("dev.control");
    claim->values[0].name = 65;
    CHECK(!takes());
    make("dev.control");
    claim->count = claim->text_size = 0;
    CHECK(takes() && !names.count); /* none at all */
    test_case("texts have no end");
    make("dev.control");
    claim->text_size = PLUGIN_TEXT;
    memset(claim->text + 4, '.', PLUGIN_TEXT - 4);
    CHECK(!takes());
}

/* Anything at all, small numbers above all. */
static void anything(void)
{
    uint64_t state = 88172645463325252u;

    test_case("anything");
    for (unsigned round = 0; round < 3000; round++) {
        uint32_t *words = (uint32_t *)claim;

        make("dev.control");
        for (unsigned i = 0; i < 1 + round % 8; i++) {
            state ^= state << 13, state ^= state >> 7, state ^= state << 17;
            words[(state >> 8) % (round % 2 ? 16 : sizeof *claim / sizeof *words)] = state % 3 ? (uint32_t)(state >> 40) % 70 : (uint32_t)(state >> 32);
        }
        if (takes())
            for (uint32_t i = 0; i < names.count; i++)
                CHECK(!names.list[i] || names.list[i]->width <= 8);
    }
}

int main(void)
{
    claim = malloc(sizeof *claim);
    if (!claim)
        return 1;
    as_it_should_be();
    lies();
    anything();
    free(claim);
    return test_end();
}
