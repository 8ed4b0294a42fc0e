// Images of coming batches: every tile gathers its own rows from DRAM by sample number and sends them to all tiles,
// because owners of weights need the whole batch; owners of blocks only the columns that these read. With two batches
// ahead the send needs no fresh gather, so it can start at once and fill the mesh while the first product is computed;
// the rest waits until the gradients, which everybody is waiting for, have passed.
#include "sw_stack/compiler/design.hpp"

namespace acf::compiler {
namespace {

std::uint32_t own_bytes(const design& d, const tile_code& code) {
  return d.part.rows(code.tile).count * d.mem.image_bytes;
}
// A choice, see README.md: so much goes while the first product is computed; the rest fills the mesh while weight
// gradients are, which are sparser, and therefore sooner done.
constexpr std::uint32_t early_quarters = 3;

std::uint32_t first_part(const design& d, const tile_code& code) {
  const std::uint32_t most = own_bytes(d, code) / 4 * early_quarters;
  return most >= 64 ? most / 64 * 64 : 16; // a row has at least two sixteens
}

void send_part(const design& d, tile_code& code, std::uint32_t from, std::uint32_t to, wait_for first,
               std::uint32_t arrived) {
  const std::uint32_t base = d.image_at(d.part.rows(code.tile));
  code.send(d.image_bytes(scalar::images_next, base + from, to - from), d.all_tiles(),
            {.first = first, .then = {arrived, 1}, .channel1 = true, .packed = true, .tag = tag::prefetch});
}

void deal_rows(const design& d, tile_code& code, wait_for first) {
  own_rows r = d.training_rows(code.tile);
  r.image_scalar = scalar::images_next;
  code.deal(d.own_images(r, {0, d.layers[0].inputs}), d.block_list(*d.dealt_images()), d.all_tiles(),
            {.first = first, .then = {semaphore::acts, 1}, .channel1 = true, .tag = tag::prefetch});
}

void gather_rows(const design& d, tile_code& code, wait_for first) {
  const range rows = d.part.rows(code.tile);
  const std::uint32_t each = d.mem.index_bytes();
  code.load(vector_of(hal::element::u32, d.mem.indices, rows.count * each / 4),
            d.dram.steps + dram_tables::step_indices + rows.first * each,
            {.first = first, .then = {semaphore::indexed, 1}, .channel1 = true, .tag = tag::prefetch}, 0,
            hal::from_scalar(scalar::record));
  d.gather_images(
      code, 0, d.fill_scalar(), rows,
      {.first = {semaphore::indexed, 1}, .then = {semaphore::gathered, 1}, .channel1 = true, .tag = tag::prefetch});
}

} // namespace

void emit_prefetch_start(const design& d, tile_code& code) {
  if (d.part.rows(code.tile).count == 0) return;
  const bool one_ahead = d.where.lookahead == 1, shared = d.images_shared();
  if (one_ahead) gather_rows(d, code, {});
  if (d.dealt_images())
    deal_rows(d, code, {semaphore::gathered, 1});
  else if (shared)
    send_part(d, code, 0, first_part(d, code), {semaphore::gathered, 1}, semaphore::acts);
  if (!one_ahead) gather_rows(d, code, {semaphore::gathered, shared ? 0u : 1u}); // the batch before is here
}

void emit_prefetch_rest(const design& d, tile_code& code) {
  // Behind the statistics, so that `ready` says that these are in DRAM, too.
  if (own_bytes(d, code) == 0) return;
  if (d.dealt_images()) // all of them have been sent
    code.send(
        d.token(semaphore::acts, code.tile), d.all_tiles(),
        {.first = {semaphore::reported, 1}, .then = {semaphore::ready, 1}, .channel1 = true, .tag = tag::prefetch});
  else if (d.images_shared())
    send_part(d, code, first_part(d, code), own_bytes(d, code), {semaphore::reported, 1}, semaphore::ready);
  else // nobody else needs them, but the next step must find them
    code.send(d.token(semaphore::acts, code.tile), d.all_tiles(),
              {.first = {semaphore::reported, 1},
               .second = {semaphore::gathered, d.where.lookahead == 1 ? 1u : 0u},
               .then = {semaphore::ready, 1},
               .channel1 = true,
               .tag = tag::prefetch});
}

} // namespace acf::compiler
