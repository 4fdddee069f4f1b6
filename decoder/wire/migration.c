/*
 * The arcs between migration states: see migration.h.
 */
#include "decoder/wire/migration.h"

static bool is_pre_copy(uint64_t state)
{
    return state == VFU_STATE_PRE_COPY || state == VFU_STATE_PRE_COPY_P2P;
}

bool vfu_migration_reachable(uint64_t from, uint64_t to)
{
    return from != VFU_STATE_ERROR && to != VFU_STATE_ERROR && to <= VFU_STATE_PRE_COPY_P2P &&
           !(from == VFU_STATE_STOP_COPY && is_pre_copy(to));
}

uint32_t vfu_migration_next(uint32_t from, uint32_t to)
{
    /* Direct arcs as a bit a state, and where to go for everything else. */
#define BIT(s) (1u << VFU_STATE_##s)
    static const struct {
        uint32_t direct, otherwise, to_p2p;
    } arcs[] = {
        [VFU_STATE_ERROR] = { 0 },
        [VFU_STATE_STOP] = { BIT(RUNNING) | BIT(STOP_COPY) | BIT(RESUMING) | BIT(RUNNING_P2P), VFU_STATE_RUNNING,
                             VFU_STATE_RUNNING_P2P },
        [VFU_STATE_RUNNING] = { BIT(STOP) | BIT(PRE_COPY) | BIT(RUNNING_P2P), VFU_STATE_STOP, VFU_STATE_RUNNING_P2P },
        [VFU_STATE_STOP_COPY] = { BIT(STOP), VFU_STATE_STOP, VFU_STATE_STOP },
        [VFU_STATE_RESUMING] = { BIT(STOP), VFU_STATE_STOP, VFU_STATE_STOP },
        [VFU_STATE_RUNNING_P2P] = { BIT(STOP) | BIT(RUNNING) | BIT(PRE_COPY_P2P), VFU_STATE_STOP,
                                    VFU_STATE_PRE_COPY_P2P },
        [VFU_STATE_PRE_COPY] = { BIT(RUNNING) | BIT(STOP_COPY) | BIT(PRE_COPY_P2P), VFU_STATE_RUNNING,
                                 VFU_STATE_RUNNING },
        [VFU_STATE_PRE_COPY_P2P] = { BIT(PRE_COPY) | BIT(RUNNING_P2P) | BIT(STOP_COPY), VFU_STATE_RUNNING_P2P,
                                     VFU_STATE_RUNNING_P2P },
    };
#undef BIT

    if (from >= sizeof arcs / sizeof arcs[0] || to > VFU_STATE_PRE_COPY_P2P || arcs[from].direct & 1u << to)
        return to;
    if (to == VFU_STATE_PRE_COPY_P2P)
        return arcs[from].to_p2p;
    if (to == VFU_STATE_PRE_COPY && from == VFU_STATE_RUNNING_P2P)
        return VFU_STATE_RUNNING;
    return arcs[from].otherwise;
}

uint64_t vfu_migration_needs(uint64_t state)
{
    static const uint8_t needed[] = {
        [VFU_STATE_STOP_COPY] = VFIO_MIGRATION_STOP_COPY,
        [VFU_STATE_RESUMING] = VFIO_MIGRATION_STOP_COPY,
        [VFU_STATE_RUNNING_P2P] = VFIO_MIGRATION_P2P,
        [VFU_STATE_PRE_COPY] = VFU_MIGRATION_PRE_COPY,
        [VFU_STATE_PRE_COPY_P2P] = VFU_MIGRATION_PRE_COPY | VFIO_MIGRATION_P2P,
    };

    return state < sizeof needed ? needed[state] : 0;
}
