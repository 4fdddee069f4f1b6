/*
 * The states of a migrating device and the arcs between them (VFIO's migration protocol, version 2).
 */
#ifndef VFU_DECODER_WIRE_MIGRATION_H
#define VFU_DECODER_WIRE_MIGRATION_H

#include "decoder/wire/protocol.h"

#include <stdbool.h>

/*
 * May the state be asked for? Every arc but those into and out of ERROR, and from STOP_COPY back to saving while it
 * runs, is direct or is walked over the states in between.
 */
bool vfu_migration_reachable(uint64_t from, uint64_t to);
/* The state to go to first, on a reachable way from `from` to `to`; `to` itself when the arc is direct. */
uint32_t vfu_migration_next(uint32_t from, uint32_t to);

/* The flags of the feature MIGRATION that a state needs (VFIO's vfio_device_mig_state). */
uint64_t vfu_migration_needs(uint64_t state);

#endif
