/*
 * The operators between a field and a value: each at, below and above its value, by name and at the begin of a text.
 */
#include "decoder/wire/compare.h"
#include "test.h"

/* What holds of 4, 5 and 6 beside 5; `in` from 4 to 6 also of 3 and 7. */
static void meaning(void)
{
    static const struct {
        enum vfu_operator op;
        bool below, same, above;
    } all[] = {
        { VFU_EQ, false, true, false }, { VFU_NE, true, false, true }, { VFU_LT, true, false, false },
        { VFU_LE, true, true, false },  { VFU_GT, false, false, true }, { VFU_GE, false, true, true },
    };

    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        test_case("4, 5 and 6 %s 5", vfu_operator_names[all[i].op]);
        CHECK_EQ(vfu_compare(all[i].op, 4, 5, 0), all[i].below);
        CHECK_EQ(vfu_compare(all[i].op, 5, 5, 0), all[i].same);
        CHECK_EQ(vfu_compare(all[i].op, 6, 5, 0), all[i].above);
    }
    test_case("3 to 7 in 4..6");
    for (uint64_t n = 3; n <= 7; n++)
        CHECK_EQ(vfu_compare(VFU_IN, n, 4, 6), n > 3 && n < 7);
    test_case("numbers of 64 bits, without a sign");
    CHECK(vfu_compare(VFU_GT, UINT64_MAX, INT64_MAX, 0));
    CHECK(vfu_compare(VFU_IN, UINT64_MAX, 1, UINT64_MAX));
}

static void names(void)
{
    enum vfu_operator op;

    for (unsigned i = 0; i < VFU_OPERATORS; i++) {
        test_case("%s by its name", vfu_operator_names[i]);
        CHECK(vfu_operator_by_name(vfu_operator_names[i], &op));
        CHECK_EQ(op, i);
    }
    test_case("what is no operator");
    CHECK(!vfu_operator_by_name("", &op));
    CHECK(!vfu_operator_by_name("=", &op));
    CHECK(!vfu_operator_by_name("==5", &op));
    CHECK(!vfu_operator_by_name("IN", &op));
}

static void begins(void)
{
    static const struct {
        const char *text;
        size_t size;
        enum vfu_operator op;
    } all[] = {
        { "==5", 2, VFU_EQ }, { "!= 5", 2, VFU_NE }, { "<5", 1, VFU_LT }, { "<=5", 2, VFU_LE },
        { ">5", 1, VFU_GT },  { ">=", 2, VFU_GE },   { "=5", 0, 0 },      { "!5", 0, 0 },
        { "in 1..2", 0, 0 },  { "", 0, 0 },
    };

    for (unsigned i = 0; i < sizeof all / sizeof *all; i++) {
        enum vfu_operator op = VFU_OPERATORS;

        test_case("the operator that \"%s\" begins with", all[i].text);
        CHECK_EQ(vfu_operator_at(all[i].text, &op), all[i].size);
        CHECK_EQ(op, all[i].size ? all[i].op : VFU_OPERATORS);
    }
}

int main(void)
{
    meaning();
    names();
    begins();
    return test_end();
}
