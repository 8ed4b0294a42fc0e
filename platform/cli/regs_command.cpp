#include "platform/cli/commands.hpp"
#include "platform/config/input_error.hpp"
#include "platform/registers_document/document.hpp"

#include <iostream>

namespace acf::platform {
namespace {

struct regs_options {
  chosen_configuration chosen;
  std::string format = "markdown", block, address, value;
  bool decode = false;
};

int decode(const regs_options& o) {
  const config c = o.chosen.read();
  std::optional<std::uint64_t> value;
  if (!o.value.empty()) value = parse_number(o.value, "VALUE");
  const decoded d = decode_register(c, register_map(c), parse_number(o.address, "ADDR"), value);
  if (!d.found) throw input_error{d.text};
  std::cout << d.text;
  return 0;
}

int print(const regs_options& o) {
  const config c = o.chosen.read();
  register_blocks blocks = register_map(c);
  if (!o.block.empty()) {
    auto chosen = select_blocks(blocks, o.block);
    if (const auto* wrong = std::get_if<std::string>(&chosen)) throw input_error{"--block: " + *wrong};
    blocks = std::get<register_blocks>(chosen);
  }
  if (o.format == "json")
    std::cout << registers_json(c, blocks).dump(1) << '\n';
  else if (o.format == "header")
    std::cout << registers_header(c, blocks);
  else if (o.format == "svd")
    std::cout << registers_svd(c, blocks);
  else
    std::cout << registers_markdown(c, blocks);
  return 0;
}

} // namespace

command add_regs(CLI::App& app) {
  const auto o = std::make_shared<regs_options>();
  app.add_option("--scenario", o->chosen.scenario, "chip to describe; without: the default SoC");
  o->chosen.add_to(app, false);
  app.add_option("--format", o->format, "form of the document")->check(one_of({"markdown", "svd", "header", "json"}));
  app.add_option("--block", o->block, "only this block: a kind (TILE) or one instance (TILE(2,1))");
  CLI::App* const d = app.add_subcommand("decode", "what lies at an address, and what a value there means");
  d->add_option("ADDR", o->address, "address")->required();
  d->add_option("VALUE", o->value, "value of the register");
  o->chosen.add_to(*d, false);
  d->callback([o] { o->decode = true; });
  return [o] { return o->decode ? decode(*o) : print(*o); };
}

} // namespace acf::platform
