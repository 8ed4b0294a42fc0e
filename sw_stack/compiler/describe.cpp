#include "sw_stack/compiler/compile.hpp"

#include <cmath>

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
  for (std::size_t l = 0; l < p.owners.size(); ++l)
    if (const auto& o = p.owners[l]; o.traffic.columns > 0) {
      text += "layer " + std::to_string(l + 1) + ": at most " + std::to_string(o.traffic.most_blocks) +
              " blocks a tile, " + std::to_string(o.traffic.live_columns) + " columns of blocks, " +
              std::to_string(o.traffic.cut()) + " needed once more, " + std::to_string(o.traffic.runs) +
              " pieces a row";
      if (o.metis_parts > 0)
        text += "; METIS: " + std::to_string(o.metis_cut) + " neighbours cut, imbalance " +
                std::to_string(std::lround(o.metis_imbalance_percent * 10) / 10) + "." +
                std::to_string(std::lround(o.metis_imbalance_percent * 10) % 10) + " %";
      text += "\n";
    }
  text += "batches fetched ahead: " + std::to_string(p.where.lookahead) + "\nrecords: setup " +
          std::to_string(p.commands[0]) + ", step " + std::to_string(p.commands[1]) + ", regrow " +
          std::to_string(p.commands[2]) + ", evaluate " + std::to_string(p.commands[3]) + "\n";
  return text;
}

} // namespace acf::compiler
