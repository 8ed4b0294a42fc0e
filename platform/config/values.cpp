#include "platform/config/values.hpp"

#include "platform/config/nearest.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace acf::platform {
namespace {

template <typename number>
bool parse(std::string_view text, number& out) {
  const char* const end = text.data() + text.size();
  const auto r = std::from_chars(text.data(), end, out);
  return r.ec == std::errc{} && r.ptr == end;
}

bool in_range(const key& k, double value) { return value >= k.low && value <= k.high; }

std::string store(const key& k, const std::string& text, std::uint64_t& out) {
  std::uint64_t value = 0;
  if (!parse(text, value) || !in_range(k, static_cast<double>(value)) || value % k.step != 0)
    return fmt::format("expected {}, not '{}'", expectation_of(k), text);
  out = value;
  return {};
}

std::string store(const key& k, const std::string& text, std::uint32_t& out) {
  std::uint64_t wide = out;
  std::string wrong = store(k, text, wide);
  out = static_cast<std::uint32_t>(wide);
  return wrong;
}

std::string store(const key& k, const std::string& text, double& out) {
  double value = 0;
  if (!parse(text, value) || !std::isfinite(value) || !in_range(k, value))
    return fmt::format("expected {}, not '{}'", expectation_of(k), text);
  out = value;
  return {};
}

std::string store(const key& k, const std::string& text, bool& out) {
  if (text != "true" && text != "false") return fmt::format("expected {}, not '{}'", expectation_of(k), text);
  out = text == "true";
  return {};
}

bool is_n_of_m(std::string_view text) {
  const std::size_t colon = text.find(':');
  std::uint32_t n = 0, m = 0;
  return colon != std::string_view::npos && parse(text.substr(0, colon), n) && parse(text.substr(colon + 1), m) &&
         n > 0 && n <= m;
}

// Words with a fixed meaning; other texts pass when the key takes files or any text.
std::string check_word(const key& k, const std::string& text) {
  if (k.words.empty()) return {};
  std::vector<std::string_view> names;
  for (const word& w : k.words) {
    if (w.name == text) return {};
    names.push_back(w.name);
  }
  if (k.pattern_word == "n:m" && is_n_of_m(text)) return {};
  if (k.file_allowed && text.find_first_of("./") != std::string::npos) return {};
  return fmt::format("expected {}, not '{}', did you mean '{}'?", expectation_of(k), text, nearest(text, names));
}

std::string store(const key& k, const written_value& v, std::string& out) {
  const std::string& text = v.items.front().text;
  if (std::string wrong = check_word(k, text); !wrong.empty()) return wrong;
  const bool file_by_look = k.file_allowed && text.find_first_of(k.words.empty() ? "/" : "./") != std::string::npos;
  out = text;
  if ((k.is_file || file_by_look) && !text.empty()) out = (v.folder / text).lexically_normal().string();
  return {};
}

std::string store_list(const key& k, const written_value& v, std::vector<std::uint32_t>& out) {
  std::vector<std::uint32_t> values;
  for (const written_item& item : v.items) {
    std::uint32_t value = 0;
    if (std::string wrong = store(k, item.text, value); !wrong.empty()) return wrong;
    values.push_back(value);
  }
  out = std::move(values);
  return {};
}

std::string_view name_of(written_value::shape form) {
  switch (form) {
  case written_value::shape::nothing: return "nothing";
  case written_value::shape::scalar: return "a single value";
  case written_value::shape::list: return "a list";
  case written_value::shape::section: return "a section";
  }
  return "";
}

} // namespace

std::string assign(const key& k, const written_value& v, config& c) {
  const place at = k.at(c);
  using shape = written_value::shape;
  if (v.form == shape::section || v.form == shape::nothing || (v.form == shape::list && !takes_list(k)))
    return fmt::format("expected {}, not {}", expectation_of(k), name_of(v.form));
  if (auto* p = std::get_if<std::uint32_t*>(&at)) return store(k, v.items.front().text, **p);
  if (auto* p = std::get_if<std::uint64_t*>(&at)) return store(k, v.items.front().text, **p);
  if (auto* p = std::get_if<double*>(&at)) return store(k, v.items.front().text, **p);
  if (auto* p = std::get_if<bool*>(&at)) return store(k, v.items.front().text, **p);
  if (auto* p = std::get_if<std::string*>(&at)) return store(k, v, **p);
  if (auto* p = std::get_if<std::vector<std::uint32_t>*>(&at)) return store_list(k, v, **p);
  auto& texts = *std::get<std::vector<std::string>*>(at);
  std::vector<std::string> given;
  for (const written_item& item : v.items) {
    if (std::string wrong = check_word(k, item.text); !wrong.empty()) return wrong;
    given.push_back(item.text);
  }
  texts = std::move(given);
  return {};
}

std::string assign_tile(tile_key tile, const written_value& v, config& c) {
  const key& engine = *find_key("zbcc.engine");
  if (v.form != written_value::shape::scalar)
    return fmt::format("expected {}, not {}", expectation_of(engine), name_of(v.form));
  return store(engine, v, c.tile[{tile.x, tile.y}].engine);
}

} // namespace acf::platform
