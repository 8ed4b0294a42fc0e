#pragma once
// Reads the flattened device tree that the boot ROM passes in a1 (Devicetree Specification 0.4, chapter 5): which
// devices there are, where, and with which interrupts. Nothing is copied; nodes and properties point into the blob.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace acf::board {

class device_tree {
public:
  struct region {
    std::uint64_t base, bytes;
  };

  class node {
  public:
    std::string_view name() const; // with unit address: "uart@10000000"
    std::optional<std::span<const std::byte>> property(std::string_view name) const;
    std::optional<std::uint32_t> cell(std::string_view property, unsigned index = 0) const;
    bool is_compatible(std::string_view with) const;
    // Entry of `reg`; addresses and sizes of two cells each, as everywhere in this platform's and QEMU's trees.
    std::optional<region> reg(unsigned index = 0) const;

  private:
    friend class device_tree;
    node(const device_tree& in, const std::byte* at) : tree(&in), begin(at) {}
    const device_tree* tree;
    const std::byte* begin; // its FDT_BEGIN_NODE token
  };

  explicit device_tree(const void* blob);
  bool valid() const { return structure != nullptr; }

  std::optional<node> find_compatible(std::string_view with) const;
  std::optional<node> find_named(std::string_view name) const; // with or without unit address

  std::uint32_t timebase_frequency() const; // Hz; 0 if the tree does not say
  std::optional<region> memory() const;

private:
  template <class predicate>
  std::optional<node> find(predicate matches) const;
  const std::byte *structure = nullptr, *structure_end = nullptr, *strings = nullptr;
};

} // namespace acf::board
