// One pass over a source collection, in source order, on the calling thread.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "decant/events.h"
#include "decant/store.h"

namespace decant::migration {

// Called with the index of the partition and each of its batches.
using TakeBatch = std::function<void(std::uint32_t partition, const Batch& batch)>;

// `sink` may be null. interrupted where `stop` is asked for.
Status read_all(const std::string& collection, EventSink* sink, const std::stop_token& stop,
                View& view, const TakeBatch& take);

}  // namespace decant::migration
