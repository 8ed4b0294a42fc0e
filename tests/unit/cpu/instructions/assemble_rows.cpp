#include "tests/unit/cpu/instructions/row.hpp"
#include "tests/unit/cpu/random_program.hpp"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <unistd.h>

namespace acf::cpu::test {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void run(const std::string& command, const std::string& messages) {
  if (std::system((command + " 2>" + messages).c_str()) != 0)
    throw std::runtime_error(command + "\n" + contents(messages));
}

} // namespace

std::vector<std::uint8_t> assemble_rows(const std::vector<row>& rows) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("acf-rows-" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const std::string base = (folder / "rows").string();
  std::ofstream source(base + ".s");
  source << ".option norelax\n.globl _start\n_start:\n";
  for (const row& r : rows)
    source << ".balign " << row_bytes << "\n.option " << (r.text.find("c.") == 0 ? "rvc" : "norvc") << "\n# " << r.line
           << " \"" << r.table << "\"\n"
           << r.text << '\n';
  source << ".balign " << row_bytes << '\n';
  source.close();
  char address[32];
  std::snprintf(address, sizeof address, "0x%lx", program_base);
  run("riscv64-unknown-elf-gcc -march=rv64gc_zicsr_zifencei_zba_zbb_zbs_zicbom_zicboz -mabi=lp64d -nostdlib "
      "-Wl,--no-warn-rwx-segments -Wl,-Ttext=" +
          std::string(address) + " " + base + ".s -o " + base + ".elf",
      base + ".log");
  run("riscv64-unknown-elf-objcopy -O binary -j .text " + base + ".elf " + base + ".bin", base + ".log");
  const std::string code = contents(base + ".bin");
  fs::remove_all(folder);
  if (code.size() != rows.size() * row_bytes) throw std::runtime_error("rows do not fit into their places");
  return {code.begin(), code.end()};
}

} // namespace acf::cpu::test
