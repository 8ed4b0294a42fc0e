// The configuration after defaults, scenario and --set, as the report and `acf-vp describe` show it.
#pragma once

#include "platform/config/config.hpp"
#include "platform/config/schema.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace acf::platform {

// Every key in the order of the schema, sections nested. Texts that are not set are null; paths are base names, because
// a report says nothing about the machine it was made on.
nlohmann::ordered_json to_json(const config& c);

// The value of one key as a word to compare with; "unset" for a text without a value.
std::string value_text(const config& c, std::string_view path);

// Whether all keys have the same values; files by their paths.
bool same_values(config a, config b);

// The keys themselves: path, unit, allowed values, default, text.
nlohmann::ordered_json describe_keys();

} // namespace acf::platform
