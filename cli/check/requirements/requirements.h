/*
 * The requirements of check, for who says what they are: all.c.
 */
#ifndef VFU_CLI_CHECK_REQUIREMENTS_REQUIREMENTS_H
#define VFU_CLI_CHECK_REQUIREMENTS_REQUIREMENTS_H

#include "cli/check/check.h"

/* The i-th of them all; NULL: there are no more. */
const struct check_requirement *check_requirement_at(size_t i);
/* What is said of it at length; NULL: nothing is. */
const struct vfu_explanation *check_explanation(const struct check_requirement *r);

#endif
