// What must not work: every mistake sets its own cause at the command that made it, stops the tile, writes nothing
// where it must not, and a reset makes the tile usable again.
#include "firmware/apps/selftest/job.hpp"
#include "sw_stack/hal/memory_map.hpp"

namespace acf::selftest {

using hal::tile::error;

namespace {

constexpr std::uint16_t none = hal::no_view;
constexpr std::uint32_t untouched = 0x0ddba11;

void expect_working(bench& b, std::uint32_t tile = 0) {
  job j(b, tile);
  const auto words = j.input(element::u32, 1, 16, [](std::uint32_t n) { return 7 * n; });
  const auto copy = j.output(element::u32, 1, 16);
  j.add(opcode::copy, {words.view, copy.view, none, none}).param[0] = hal::copy_mode::local;
  j.run(copy);
  for (std::uint32_t n = 0; n < 16; ++n) b.expect("copy after a reset", copy[n], 7 * n);
}

// The error of a job that must fail, after which the tile is reset.
driver::failure expect_error(bench& b, const driver::problem& p, error cause) {
  const auto global = b.fabric.block();
  b.expect("the job fails", static_cast<std::uint64_t>(p.what),
           static_cast<std::uint64_t>(driver::trouble::tile_error));
  b.expect("cause", static_cast<std::uint64_t>(p.error.cause), static_cast<std::uint64_t>(cause));
  b.expect("GLOBAL.ERROR_TILE", global.read(hal::global::error_tile), p.error.tile);
  if (const auto r = b.fabric.reset_tile(p.error.tile)) b.expect(r);
  b.expect("errors after a reset", global.read(hal::global::error_tile), hal::global::error_tile.reset);
  return p.error;
}

// Runs the job, which must fail with `cause` at its last command; what follows must not run.
driver::failure fails(bench& b, job& j, std::uint32_t position, error cause) {
  const auto sentinel = j.place(element::u32, 1, 1);
  auto* word = reinterpret_cast<std::uint32_t*>(sentinel.image);
  *word = untouched;
  j.store(sentinel);
  const auto failure = expect_error(b, j.try_run(), cause);
  b.expect("ERROR_INDEX.COMMAND", failure.command, position);
  b.expect("ERROR_INDEX.RING", failure.ring, 0);
  b.expect("memory behind the failed command", *word, untouched);
  return failure;
}

hal::view_record words_at(std::uint32_t base, std::uint32_t rows, std::uint32_t columns) {
  return {.base = base,
          .type = static_cast<std::uint8_t>(element::u32),
          .dim = {rows, columns, 1, 1},
          .stride = {columns * 4, 4, 0, 0}};
}

// A load of 16 words from any address, the second record of its job.
driver::failure load_from(bench& b, std::uint64_t address, error cause) {
  job j(b);
  const auto to = j.view(words_at(0, 1, 16));
  j.add(opcode::copy, {none, to, none, none}).param = {hal::copy_mode::load, low(address), high(address)};
  return fails(b, j, 1, cause);
}

driver::failure store_to(bench& b, std::uint64_t address, error cause) {
  job j(b);
  const auto from = j.view(words_at(0, 1, 16));
  j.add(opcode::copy, {from, none, none, none}).param = {hal::copy_mode::store, low(address), high(address)};
  return fails(b, j, 1, cause);
}

void bad_opcode(bench& b) {
  job j(b);
  const auto x = j.output(element::u32, 1, 16);
  j.add(static_cast<opcode>(99), {x.view, x.view, none, none});
  b.expect("the bad opcode", fails(b, j, 2, error::bad_opcode).address, 99);
}

void bad_parameter(bench& b) {
  job j(b);
  j.view(words_at(0, 1, 16));
  j.add_sequencer(opcode::setreg).param = {hal::tile::scalars, hal::setreg_op::set, 1};
  const auto failure = fails(b, j, 1, error::bad_parameter);
  b.expect("number of the bad parameter", failure.address, 0);
}

void bad_view(bench& b) {
  job j(b);
  const auto x = j.output(element::u32, 1, 16);
  j.add(opcode::copy, {x.view, hal::view_count - 1, none, none}).param[0] = hal::copy_mode::local;
  b.expect("number of the bad view", fails(b, j, 2, error::bad_view).address, 16 + 1);
}

void bad_shape(bench& b) {
  job j(b);
  const auto x = j.output(element::f32, 4, 8), y = j.output(element::f32, 4, 12), z = j.output(element::f32, 4, 4);
  j.add(opcode::mm, {x.view, y.view, z.view, none});
  fails(b, j, 4, error::shape);
}

void out_of_range(bench& b) {
  const auto end = b.fabric.description().sram_kib * 1024;
  job j(b);
  const auto x = j.view(words_at(end - 32, 1, 16));
  const auto from = reinterpret_cast<std::uint64_t>(shared.tensors.data());
  j.add(opcode::copy, {none, x, none, none}).param = {hal::copy_mode::load, low(from), high(from)};
  const auto failure = fails(b, j, 1, error::range);
  b.expect("offset beyond the SRAM", failure.address >= end - 32 && failure.address <= end + 64, 1);
}

void overlapping(bench& b) {
  job j(b);
  const auto x = j.output(element::f32, 4, 8), y = j.output(element::f32, 8, 8);
  j.add(opcode::mm, {x.view, y.view, x.view, none});
  fails(b, j, 3, error::overlap);
}

void bad_index(bench& b) {
  job j(b);
  const auto index = j.input(element::u32, {1, 4}), table = j.output(element::u32, 4, 4);
  const auto rows = j.output(element::u32, 2, 4);
  j.add(opcode::gather, {index.view, rows.view, table.view, none}).param[0] = hal::table_in::sram;
  fails(b, j, 4, error::index);
}

} // namespace

void command_errors(bench& b) {
  bad_opcode(b);
  bad_parameter(b);
  bad_view(b);
  bad_shape(b);
  out_of_range(b);
  overlapping(b);
  bad_index(b);
  expect_working(b);
}

void dma_windows(bench& b) {
  const auto firmware = std::uint64_t{hal::map::dram};
  b.expect("address of a load outside", load_from(b, firmware, error::window).address, firmware);
  const auto before = read_only[0];
  store_to(b, address_of(read_only), error::window);
  b.expect("memory without write rights", *static_cast<const volatile std::uint32_t*>(&read_only[0]), before);
  const auto beyond = address_of(shared) + sizeof shared - 32;
  load_from(b, beyond, error::window); // begins inside, ends outside

  job j(b); // reading is allowed there
  const auto words = j.place(element::u32, 1, 16);
  const auto from = address_of(read_only);
  j.add(opcode::copy, {none, words.view, none, none}).param = {hal::copy_mode::load, low(from), high(from)};
  j.run(words);
  for (std::uint32_t n = 0; n < 16; ++n) b.expect("read-only memory", words[n], read_only[n]);
}

namespace {

// A tile's doorbell and nothing else: the driver would refuse what must fail here.
void ring_doorbell(bench& b, std::uint32_t ring, std::uint32_t count) {
  b.fabric.world().barrier();
  b.fabric.tile(0).write(hal::tile::doorbell,
                         hal::put(hal::put(0, hal::tile::doorbell_ring, ring), hal::tile::doorbell_count, count));
}

void expect_ring_error(bench& b, std::string_view what, error cause) {
  const auto deadline = b.fabric.world().now() + 10'000;
  while (!b.fabric.first_error() && b.fabric.world().now() < deadline) {
  }
  const auto found = b.fabric.first_error();
  b.expect(what, found ? static_cast<std::uint64_t>(found->cause) : 0, static_cast<std::uint64_t>(cause));
  if (const auto p = b.fabric.reset_tile(0)) b.expect(p);
}

// The first job waits for a semaphore that nobody raises; so many more doorbells do not fit.
void too_many_jobs(bench& b) {
  constexpr std::uint32_t ring = 3, never = 63;
  hal::command wait{.op = static_cast<std::uint8_t>(opcode::sem)};
  wait.param = {0, 0, never, 1};
  shared.other_ring.fill(std::bit_cast<driver::record>(wait));
  driver::queue queue(b.fabric, 0, ring, shared.other_ring, address_of(shared.other_ring));
  if (const auto p = queue.attach()) return b.expect(p);
  for (std::uint32_t n = 0; n < hal::tile::job_queue_depth + 2; ++n) ring_doorbell(b, ring, 1);
  expect_ring_error(b, "too many jobs", error::overrun);
}

// A command that announces an extension record which its job does not have.
void missing_extension(bench& b) {
  driver::command_list<1> list;
  list.add({.op = static_cast<std::uint8_t>(opcode::mm), .flags = hal::flag::extended});
  driver::queue queue(b.fabric, 0, 3, shared.other_ring, address_of(shared.other_ring));
  if (const auto p = queue.attach()) return b.expect(p);
  if (const auto p = queue.submit(list.records())) return b.expect(p);
  expect_ring_error(b, "missing extension record", error::ring);
}

} // namespace

void ring_errors(bench& b) {
  const auto block = b.fabric.tile(0);
  block.write(hal::tile::ring_length, 0, 3);
  ring_doorbell(b, 3, 1);
  expect_ring_error(b, "doorbell of a ring without length", error::ring);
  block.write(hal::tile::ring_base, address_of(shared.other_ring) + 8, 3);
  block.write(hal::tile::ring_length, 16, 3);
  ring_doorbell(b, 3, 1);
  expect_ring_error(b, "doorbell of a misaligned ring", error::ring);
  too_many_jobs(b);
  missing_extension(b);
  expect_working(b);
}

// Without a way to memory the tile cannot even fetch its commands.
void routing_errors(bench& b) {
  const auto& chip = b.fabric.description();
  const auto global = b.fabric.block();
  const auto bank =
      static_cast<std::uint32_t>(hal::get(global.read(hal::global::control), hal::global::control["ROUTE_BANK"]));
  for (std::uint32_t node = chip.tiles; node < chip.nodes; ++node)
    if (const auto p = b.fabric.set_route(bank, 0, node, std::nullopt)) return b.expect(p);
  b.expect("a check finds the hole", static_cast<std::uint64_t>(b.fabric.check_routes().what),
           static_cast<std::uint64_t>(driver::trouble::no_route));
  job j(b);
  j.view(words_at(0, 1, 16));
  const auto p = j.try_run();
  b.expect("the job fails", static_cast<std::uint64_t>(p.what),
           static_cast<std::uint64_t>(driver::trouble::tile_error));
  b.expect("cause", static_cast<std::uint64_t>(p.error.cause), static_cast<std::uint64_t>(error::route));
  b.expect(b.bring_up());
  expect_working(b);
}

// Clockwise around four routers, half of the turns in either bank: packets could wait for each other, which a check
// says with every link of the ring, whatever bank is in use. Nothing else happens.
void routing_ring(bench& b) {
  const auto& chip = b.fabric.description();
  if (chip.width < 2 || chip.height < 2) return b.skip("less than 2 x 2 tiles");
  const std::uint32_t w = chip.width, routers[] = {0, 1, w + 1, w};
  constexpr std::uint32_t ports[] = {hal::router::east, hal::router::south, hal::router::west, hal::router::north};
  for (std::uint32_t i = 0; i < 4; ++i) // two links on: one turn
    for (const std::uint32_t at : {i, (i + 1) % 4})
      if (const auto p = b.fabric.set_route(i % 2, routers[at], routers[(i + 2) % 4], ports[at])) return b.expect(p);
  b.expect("a check finds the ring", static_cast<std::uint64_t>(b.fabric.check_routes().what),
           static_cast<std::uint64_t>(driver::trouble::route_cycle));
  const auto global = b.fabric.block();
  b.expect("ROUTE_STATUS", global.read(hal::global::route_status), hal::global::route_status["CYCLE"].mask());
  b.expect("ROUTE_CYCLE_LENGTH", global.read(hal::global::route_cycle_length), 4);
  std::uint32_t start = 0;
  for (std::uint32_t i = 0; i < 4; ++i) {
    const auto link = global.read(hal::global::route_cycle, i);
    const auto router = hal::get(link, hal::global::route_cycle["ROUTER"]);
    if (i == 0)
      while (start < 3 && routers[start] != router) ++start;
    b.expect("router of a link", router, routers[(start + i) % 4]);
    b.expect("port of a link", hal::get(link, hal::global::route_cycle["PORT"]), ports[(start + i) % 4]);
  }
  b.expect(b.bring_up());
  expect_working(b);
}

// After all this, a reset of everything: the fabric works as after power-on, and tile by tile.
void reset_and_reuse(bench& b) {
  b.expect(b.fabric.abort());
  for (std::uint32_t n = 0; n < b.fabric.description().tiles; ++n) b.expect(b.fabric.reset_tile(n));
  b.expect(b.bring_up());
  for (std::uint32_t n = 0; n < b.fabric.description().tiles; ++n) expect_working(b, n);
}

} // namespace acf::selftest
