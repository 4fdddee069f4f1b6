/*
 * vfuscope check: the themes of requirements, and what they share beside ../check.h.
 */
#ifndef VFU_CLI_CHECK_REQUIREMENTS_INSIDE_H
#define VFU_CLI_CHECK_REQUIREMENTS_INSIDE_H

#include "cli/check/check.h"
#include "cli/check/requirements/requirements.h"

extern const struct check_requirement check_version[], check_header[], check_replies[], check_clients[], check_info[],
    check_irqs[], check_misfits[], check_pci[], check_access[], check_writes[], check_dma[], check_features[], check_migration[], check_logging[];

/* What is said of them at length, by theme: the explain_ files. */
extern const struct vfu_explained check_explain_version[], check_explain_header[], check_explain_clients[],
    check_explain_info[], check_explain_irqs[], check_explain_access[], check_explain_dma[], check_explain_migration[],
    check_explain_logging[], check_explain_pci[];

/* replies.c: send what was begun; the next command is answered, and nothing else. */
enum check_result check_no_reply(struct check *c);

/* In a requirement's row */
#define ODD .severity = VFU_SUSPICIOUS
#define FDS .fds = true

/* info.c: has the region info that came last areas with fds of their own? */
bool check_has_own_fds(const struct check *c);
/* Has it mappable areas? */
bool check_has_areas(const struct check *c);

/* access.c */
/* A connection, and the size of the configuration space; 0: none that can be read, check_verdict(c). */
uint64_t check_open_config(struct check *c);
enum check_answer check_read_config(struct check *c, uint64_t offset, uint64_t count);

/* state.c: features, and the device's state, that three themes are about */
#define MIGRATION_STATE "VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE"
#define DIRECT "Direct State Transitions"

enum {
    CHECK_ARGSZ = 4096,     /* room for the data of any feature */
    CHECK_PIECE = 16 << 10, /* what a message carries of the device's data */
};

/* DEVICE_FEATURE without data; flags with the feature's number in them. */
enum check_answer check_ask_feature(struct check *c, uint64_t flags);
/* A connection to a device that migrates; the last answer has its flags. False: check_verdict(c). */
bool check_open_migration(struct check *c);
/* The last answer is the request again, from this offset in the message on. */
enum check_result check_repeats(struct check *c, size_t from);

enum check_answer check_set_state(struct check *c, uint64_t state);
/* The same: is it done? */
bool check_enters(struct check *c, uint64_t state);
/* Does it say that it is in this state? */
bool check_is_in(struct check *c, uint64_t state);
/* MIG_DATA_READ of so many bytes. */
void check_ask_data(struct check *c, uint64_t size);
/* Read until there is less than was asked for, into the image. False: check_verdict(c). */
bool check_read_state(struct check *c, struct check_image *image);
/* Whatever state the device is in, it runs again. The result, and the verdict, stay. */
enum check_result check_run_again(struct check *c, enum check_result result);

#endif
