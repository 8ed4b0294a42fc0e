// The registers as GDB's features for RISC-V name them.
#include "platform/gdb/session.hpp"

namespace acf::platform::gdb {
namespace {

const char* type_of(const register_info& r) {
  switch (r.type) {
  case register_info::code_pointer: return "code_ptr";
  case register_info::data_pointer: return "data_ptr";
  case register_info::floating: return "riscv_double";
  default: return r.bits == 32 ? "uint32" : r.bits == 8 ? "uint8" : "uint64";
  }
}

} // namespace

std::string target_description(const std::vector<register_info>& registers) {
  std::string xml = "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target version=\"1.0\">\n"
                    "<architecture>riscv:rv64</architecture>\n"
                    // Else gdb takes a program without a mark for one of Linux, and steps by breakpoints of its own
                    // behind the instruction, which miss traps and returns from them.
                    "<osabi>none</osabi>\n";
  constexpr struct {
    decltype(register_info::cpu) group;
    const char *feature, *gdb_group;
  } features[] = {{register_info::cpu, "org.gnu.gdb.riscv.cpu", "general"},
                  {register_info::fpu, "org.gnu.gdb.riscv.fpu", "float"},
                  {register_info::csr, "org.gnu.gdb.riscv.csr", "csr"},
                  {register_info::other, "org.gnu.gdb.riscv.virtual", "csr"}};
  for (const auto& f : features) {
    xml += std::string("<feature name=\"") + f.feature + "\">\n";
    if (f.group == register_info::fpu)
      xml += "<union id=\"riscv_double\"><field name=\"float\" type=\"ieee_single\"/>"
             "<field name=\"double\" type=\"ieee_double\"/></union>\n";
    for (const register_info& r : registers)
      if (r.group == f.group)
        xml += "<reg name=\"" + r.name + "\" bitsize=\"" + std::to_string(r.bits) + "\" type=\"" + type_of(r) +
               "\" regnum=\"" + std::to_string(r.number) + "\" group=\"" + f.gdb_group + "\"/>\n";
    xml += "</feature>\n";
  }
  return xml + "</target>\n";
}

} // namespace acf::platform::gdb
