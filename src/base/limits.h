// Every bound of the program, by name, with its unit. A limit that a user can change is the
// default of an option or of a plan's key; the others are constants.
#pragma once

#include <cstddef>
#include <cstdint>

namespace decant {

inline constexpr std::size_t shapes_max = 4096;                 // different field lists kept
inline constexpr std::size_t shape_bytes_max = 32u << 20;       // of their names, in all
inline constexpr std::size_t shape_nodes_max = 1u << 16;        // prefixes one reader predicts from
inline constexpr std::size_t arena_block_bytes_max = 4u << 20;  // larger blocks are not kept
inline constexpr std::size_t fields_max = 2000;                 // in one record or definition
inline constexpr std::size_t nesting_max = 256;                 // levels of lists and maps
inline constexpr std::size_t record_bytes_max = 64u << 20;      // text of one record
inline constexpr std::size_t decimal_digits_max = 1000;         // digits of one number
inline constexpr std::size_t decimal_exponent_max = 100'000;    // absolute value of an exponent
inline constexpr std::size_t name_bytes_max = 1024;             // a field or collection name
inline constexpr std::size_t quarantine_text_bytes_max = 1u << 20;  // kept of a bad record's text
inline constexpr std::uint32_t batch_records_default = 1024;
inline constexpr std::uint32_t batch_bytes_default = 1u << 20;
inline constexpr std::size_t batches_in_flight_max = 6;     // between readers and writer
inline constexpr std::size_t read_buffer_bytes = 1u << 20;  // one window of a file
inline constexpr std::size_t plan_bytes_max = 4u << 20;
inline constexpr std::size_t plan_nesting_max = 64;
inline constexpr std::size_t plan_nodes_max = 100'000;        // aliases written out
inline constexpr std::size_t pattern_bytes_max = 1000;        // of a condition's `pattern`
inline constexpr std::size_t differences_max_default = 1000;  // listed in a report
inline constexpr std::uint32_t busy_timeout_ms = 10'000;
inline constexpr std::uint32_t progress_interval_ms = 200;
inline constexpr std::size_t files_max = 1'000'000;  // behind one glob

}  // namespace decant
