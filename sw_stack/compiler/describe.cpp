#include "sw_stack/compiler/compile.hpp"

namespace acf::compiler {

std::string describe(const plan& p) {
  std::string text = "image " + std::to_string(p.image_bytes) + " bytes, " + std::to_string(p.steps) + " steps, " +
                     std::to_string(p.regrows) + " mask changes\nSRAM " + std::to_string(p.sram_used) + " of " +
                     std::to_string(p.sram_bytes) + " bytes per tile\n";
  for (const auto& b : p.buffers)
    text += "  " + std::to_string(b.offset) + " + " + std::to_string(b.bytes) + "  " + b.name + "\n";
  for (std::size_t l = 0; l < p.layers.size(); ++l)
    text += "layer " + std::to_string(l + 1) + ": masters " + (p.where.masters_resident[l] ? "in SRAM" : "streamed") +
            ", weights " + (p.where.weights_resident[l] ? "in SRAM" : "streamed") + "\n";
  text += "batches fetched ahead: " + std::to_string(p.where.lookahead) + "\nrecords: setup " +
          std::to_string(p.commands[0]) + ", step " + std::to_string(p.commands[1]) + ", regrow " +
          std::to_string(p.commands[2]) + ", evaluate " + std::to_string(p.commands[3]) + "\n";
  return text;
}

} // namespace acf::compiler
