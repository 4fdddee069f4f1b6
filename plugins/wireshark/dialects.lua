-- The twins of the functions in decoder/wire/dialects.c, by the same names: which layout a message has. A view has base (where the payload or item starts), avail (bytes at hand), size (what the
-- header claims), number(name), peek(offset, width); see decode.lua. Numbers are doubles: exact where they decide.

local const = vfu.const

-- Is this bit (a power of two) set?
local function has(number, bit)
    return number % (2 * bit) >= bit
end

-- For shapes: the name of a layout among the shape's others; nil: the row's own.

function dialects.vfu_choose_or_empty(view)
    return view.size == 0 and "vfu_empty_layout" or nil
end

function dialects.vfu_choose_dma_count(view)
    local size, count64 = view.size, view:peek(8, 8) or 0

    if size == 0 and view.is_reply then
        return "vfu_empty_layout"
    end
    if size >= 12 and size < 16 then
        return "vfu_dma32"
    end
    if size >= 16 and count64 > const.VFU_MAX_MESSAGE and (view:peek(8, 4) or 0) <= const.VFU_MAX_MESSAGE then
        return "vfu_dma32_padded"
    end
    return "vfu_dma64"
end

function dialects.vfu_choose_dma_data(view)
    local size = view.size

    if size == 0 and view.is_reply then
        return "vfu_empty_layout"
    end
    if size >= 16 and (view:peek(8, 8) or 0) <= size - 16 then
        return "vfu_dma64_data"
    end
    if size >= 12 and (view:peek(8, 4) or math.huge) <= size - 12 then
        return "vfu_dma32_data"
    end
    return "vfu_dma64_data"
end

function dialects.vfu_choose_feature(view)
    local flags, reply, more = view:peek(4, 4) or 0, view.is_reply, view.size > 8
    local get, set = has(flags, const.VFIO_DEVICE_FEATURE_GET), has(flags, const.VFIO_DEVICE_FEATURE_SET)
    local feature = flags % (const.VFIO_DEVICE_FEATURE_MASK + 1)

    if has(flags, const.VFIO_DEVICE_FEATURE_PROBE) then
        return not more and "vfu_feature_plain" or nil
    end
    if feature == const.VFIO_DEVICE_FEATURE_MIGRATION then
        return get and reply and more and "vfu_feature_migration" or nil
    elseif feature == const.VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE then
        return (get and reply and more or set and (not reply or more)) and "vfu_feature_state" or nil
    elseif feature == const.VFIO_DEVICE_FEATURE_DMA_LOGGING_START then
        return set and (not reply or more) and "vfu_feature_log_start" or nil
    elseif feature == const.VFIO_DEVICE_FEATURE_DMA_LOGGING_REPORT then
        return get and (not reply or more) and "vfu_feature_log_report" or nil
    end
end
