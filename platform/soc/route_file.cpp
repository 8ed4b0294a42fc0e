#include "platform/soc/route_file.hpp"

#include "models/noc/routing.hpp"
#include "platform/config/input_error.hpp"
#include "platform/soc/soc.hpp"
#include "sw_stack/hal/global_registers.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fstream>

namespace acf::platform {
namespace {

using namespace hal::router;

constexpr std::pair<std::string_view, std::uint32_t> sides[] = {
    {"north", port::north}, {"east", port::east}, {"south", port::south}, {"west", port::west}};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

class table_file {
public:
  explicit table_file(const config& c) : file_(c.mesh.routing), where_(mesh_settings(c)), tables_(where_) {}

  std::vector<std::uint8_t> read() {
    std::ifstream in(file_);
    if (!in) throw input_error(file_, "cannot be read: expected routes as lines x,y,node,port");
    for (std::string text; std::getline(in, text);) {
      ++line_;
      const auto content = trimmed(std::string_view(text).substr(0, text.find('#')));
      if (!content.empty() && content != "x,y,node,port") take(content);
    }
    check();
    std::vector<std::uint8_t> ports;
    for (node_id node = 0; node < where_.nodes(); ++node)
      for (std::uint32_t r = 0; r < where_.routers(); ++r)
        ports.push_back(
            static_cast<std::uint8_t>(hal::get(tables_.get(0, static_cast<noc::router_id>(r), node), port_field)));
    return ports;
  }

private:
  using node_id = common::node_id;

  [[noreturn]] void fail(const std::string& key, const std::string& expected, std::string_view found) const {
    throw input_error(fmt::format("{}:{}: key '{}': expected {}, not '{}'", file_, line_, key, expected, found));
  }

  void take(std::string_view text) {
    std::vector<std::string_view> fields;
    for (std::size_t from = 0; from <= text.size();) {
      const auto comma = std::min(text.find(',', from), text.size());
      fields.push_back(trimmed(text.substr(from, comma - from)));
      from = comma + 1;
    }
    if (fields.size() != 4) fail("x,y,node,port", "four fields", text);
    const auto x = number("x", fields[0], where_.width()), y = number("y", fields[1], where_.height());
    const auto router = static_cast<noc::router_id>(y * where_.width() + x);
    const auto node = node_of(fields[2]);
    const auto out = port_of(fields[3], router, node);
    const auto entry = hal::put(valid_field.mask(), port_field, out);
    tables_.set(0, router, node, static_cast<std::uint32_t>(entry));
    last_[node] = line_;
  }

  std::uint32_t number(const std::string& key, std::string_view text, std::uint32_t end) const {
    std::uint32_t n = 0;
    const auto r = std::from_chars(text.data(), text.data() + text.size(), n);
    if (r.ec != std::errc{} || r.ptr != text.data() + text.size() || n >= end)
      fail(key, fmt::format("a number from 0 to {}", end - 1), text);
    return n;
  }

  node_id node_of(std::string_view text) const {
    for (node_id node = 0; node < where_.nodes(); ++node) {
      auto name = where_.node_name(node); // "tile (2,1)"
      for (const char c : {'(', ')'}) std::erase(name, c);
      std::ranges::replace(name, ',', ' ');
      if (text == name) return node;
    }
    if (text.empty() || text.find_first_not_of("0123456789") != text.npos)
      fail("node", fmt::format("a number from 0 to {}, tile X Y, dram N, or host bridge", where_.nodes() - 1), text);
    return static_cast<node_id>(number("node", text, where_.nodes()));
  }

  std::uint32_t port_of(std::string_view text, noc::router_id router, node_id node) const {
    for (const auto& [name, side] : sides) {
      if (text != name) continue;
      if (!where_.exists(router * 4u + side))
        fail("port", fmt::format("a port with a link: router {} lies at the edge", where_.router_name(router)), text);
      return side;
    }
    const auto place = where_.attached(node);
    if (text != "local") fail("port", "north, east, south, west or local", text);
    if (place.router != router)
      fail("port",
           fmt::format("a side: {} hangs at router {}", where_.node_name(node), where_.router_name(place.router)),
           text);
    return place.port;
  }

  void check() {
    const auto wrong = tables_.check(0);
    if (!wrong) return;
    line_ = last_.contains(wrong.destination) ? last_.at(wrong.destination) : 0;
    fail("port", fmt::format("ways that end at {}", where_.node_name(wrong.destination)),
         fmt::format("a loop through router {}", where_.router_name(wrong.router)));
  }

  std::string file_;
  noc::topology where_;
  noc::routing_tables tables_;
  std::size_t line_ = 0;
  std::map<node_id, std::size_t> last_; // line that spoke of it
};

} // namespace

std::vector<std::uint8_t> read_routes(const config& c) { return table_file(c).read(); }

} // namespace acf::platform
