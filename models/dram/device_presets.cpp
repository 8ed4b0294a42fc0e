#include "models/dram/device_presets.hpp"

#include <algorithm>
#include <stdexcept>

namespace acf::dram {
namespace {

// Numbers of the DRAMsim3 files named in dram_parameters.csv of the reference timing tables. Clocks and currents (mA of
// one device) are those of the data sheets behind them; the LPDDR4-3200 file has the currents of the LPDDR4-2400 one.
device hbm2() {
  device d;
  d.clock_fs = 1'000'000, d.channels = 8, d.width_bits = 128, d.ranks = 1, d.burst_length = 4;
  d.bank_groups = 4, d.banks_per_group = 4, d.rows = 32768, d.columns = 32;
  d.cl = 14, d.cwl = 4, d.rcd_read = 14, d.rcd_write = 14, d.rp = 14, d.ras = 34;
  d.rrd_s = 4, d.rrd_l = 6, d.faw = 30, d.ccd_s = 1, d.ccd_l = 2, d.wtr_s = 6, d.wtr_l = 8;
  d.wr = 16, d.rtp = 5, d.rtrs = 2, d.rfc = 260, d.refi = 3900, d.dual_command = true;
  d.order = "rorabgbachco", d.devices = 1;
  d.vdd = 1.2, d.idd0 = 65, d.idd2n = 40, d.idd3n = 55, d.idd4r = 390, d.idd4w = 500, d.idd5 = 250;
  return d;
}

device ddr4_3200() {
  device d; // the defaults of device.hpp are this one's
  d.clock_fs = 630'000, d.channels = 1, d.width_bits = 64, d.ranks = 2, d.burst_length = 8;
  d.bank_groups = 4, d.banks_per_group = 4, d.rows = 65536, d.columns = 128;
  return d;
}

device lpddr4_3200() {
  device d;
  d.clock_fs = 625'000, d.channels = 4, d.width_bits = 16, d.ranks = 1, d.burst_length = 16;
  d.bank_groups = 1, d.banks_per_group = 8, d.rows = 65536, d.columns = 64;
  d.cl = 28, d.cwl = 14, d.rcd_read = 29, d.rcd_write = 29, d.rp = 29, d.ras = 68;
  d.rrd_s = 16, d.rrd_l = 16, d.faw = 64, d.ccd_s = 8, d.ccd_l = 8, d.wtr_s = 16, d.wtr_l = 16;
  d.wr = 29, d.rtp = 12, d.rtrs = 1, d.ppd = 4, d.rfc = 448, d.refi = 6246;
  d.order = "rorabgbacoch", d.devices = 1;
  d.vdd = 1.2, d.idd0 = 80, d.idd2n = 34, d.idd3n = 47, d.idd4r = 243, d.idd4w = 228, d.idd5 = 280;
  return d;
}

device lpddr4_2400() {
  device d;
  d.clock_fs = 830'000, d.channels = 1, d.width_bits = 64, d.ranks = 2, d.burst_length = 16;
  d.bank_groups = 2, d.banks_per_group = 4, d.rows = 65536, d.columns = 64;
  d.cl = 17, d.cwl = 14, d.rcd_read = 15, d.rcd_write = 15, d.rp = 15, d.ras = 32;
  d.rrd_s = 8, d.rrd_l = 8, d.faw = 32, d.ccd_s = 4, d.ccd_l = 6, d.wtr_s = 8, d.wtr_l = 16;
  d.wr = 30, d.rtp = 12, d.rtrs = 1, d.ppd = 2, d.rfc = 392, d.refi = 8660;
  d.devices = 4;
  d.vdd = 1.2, d.idd0 = 80, d.idd2n = 34, d.idd3n = 47, d.idd4r = 243, d.idd4w = 228, d.idd5 = 280;
  return d;
}

} // namespace

device make_device(const dram_config& config) {
  const auto map = make_map(config); // refuses what no memory can be, and unknown presets
  device d = config.preset == "hbm2"          ? hbm2()
             : config.preset == "ddr4_3200"   ? ddr4_3200()
             : config.preset == "lpddr4_3200" ? lpddr4_3200()
                                              : lpddr4_2400();
  d.name = config.preset;
  d.channels = map.channels;
  if (config.width_bits != 0) d.width_bits = config.width_bits;
  d.page = config.page;
  d.validate();
  if (map.size > d.capacity())
    throw std::invalid_argument(d.name + ".size: " + std::to_string(map.size >> 20) + " MiB; expected at most the " +
                                std::to_string(d.capacity() >> 20) + " MiB that its rows and columns hold");
  return d;
}

} // namespace acf::dram
