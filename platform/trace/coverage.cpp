#include "platform/trace/instruction_counts.hpp"

#include <algorithm>
#include <map>

namespace acf::platform {

void write_coverage(std::ostream& to, const instruction_counts& counts, const program& program) {
  std::map<std::string, std::map<unsigned, std::uint64_t>> files;
  for (const auto& l : program.symbols.lines()) {
    const auto at = counts.by_pc().find(l.address);
    auto& executed = files[l.file][l.line];
    if (at != counts.by_pc().end()) executed = std::max(executed, at->second.retired);
  }
  for (const auto& [file, lines] : files) {
    to << "SF:" << file << '\n';
    for (const auto& [line, executed] : lines) to << "DA:" << line << ',' << executed << '\n';
    to << "LF:" << lines.size()
       << "\nLH:" << std::count_if(lines.begin(), lines.end(), [](const auto& l) { return l.second != 0; })
       << "\nend_of_record\n";
  }
}

} // namespace acf::platform
