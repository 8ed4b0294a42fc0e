// The valid name that is closest to a misspelt one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace acf::platform {

// Insertions, deletions, replacements and exchanges of neighbours that turn a into b.
std::size_t edit_distance(std::string_view a, std::string_view b);

// The candidate with the smallest distance; of equals the first. Empty when there are no candidates.
std::string nearest(std::string_view name, std::span<const std::string_view> candidates);

// Among the keys of the schema; a key of the same section wins over an equally close one of another.
std::string nearest_key(std::string_view path);

} // namespace acf::platform
