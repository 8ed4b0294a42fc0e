#include "platform/registers_document/document.hpp"

namespace acf::platform {
namespace {

using nlohmann::ordered_json;

ordered_json fields_json(const hal::reg& r, std::uint64_t reset) {
  ordered_json out = ordered_json::array();
  for (std::size_t i = 0; i < r.field_count; ++i) {
    const hal::field& f = r.fields[i];
    out.push_back({{"name", f.name},
                   {"lsb", f.lsb},
                   {"width", f.width},
                   {"access", name_of(f.mode)},
                   {"reset", hal::get(reset, f)},
                   {"text", f.text}});
  }
  return out;
}

} // namespace

ordered_json registers_json(const config& c, const register_blocks& blocks) {
  ordered_json out = ordered_json::array();
  for (const block_instances& b : blocks)
    for (std::uint32_t instance = 0; instance < b.count; ++instance)
      for (const hal::reg& r : *b.block) {
        const auto reset = reset_of(c, b, instance, r);
        out.push_back({{"name", b.name_of(instance) + "." + std::string{r.name}},
                       {"address", b.base_of(instance) + r.offset},
                       {"width", r.width},
                       {"access", access_of(r)},
                       {"reset", reset.value_or(r.reset)},
                       {"fields", fields_json(r, reset.value_or(r.reset))},
                       {"reset_mask", reset ? r.implemented() : 0},
                       {"count", b.count_of(r)},
                       {"stride", r.stride},
                       {"block", b.block->name},
                       {"reserved", b.block->rules.reserved_ignored ? "ignored" : "fault"},
                       {"text", r.text}});
      }
  return out;
}

} // namespace acf::platform
