/*
 * vfuscope check: what the requirements on features, migration and dirty logging share.
 */
#ifndef VFU_CLI_CHECK_REQUIREMENTS_FEATURE_H
#define VFU_CLI_CHECK_REQUIREMENTS_FEATURE_H

#include "cli/check/check.h"

#define MIGRATION_STATE "VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE"
#define DIRECT "Direct State Transitions"

enum { CHECK_ARGSZ = 4096 }; /* room for the data of any feature */

/* DEVICE_FEATURE without data; flags with the feature's number in them. */
enum check_answer check_ask_feature(struct check *c, uint64_t flags);
/* A connection to a device that migrates; the last answer has its flags. */
bool check_open_migration(struct check *c);
/* What it means for a requirement that it does not. */
enum check_result check_no_migration(const struct check *c);
/* The last answer is the request again, from this offset in the message on. */
enum check_result check_repeats(struct check *c, size_t from);
/* check_migration.c: whatever state the device is in, it runs again. The result, and what is to be said, stay. */
enum check_result check_run_again(struct check *c, enum check_result result);

#endif
