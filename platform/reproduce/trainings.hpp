// Trainings of the scenario's network on the machines of the papers, and the rows that they give.
#pragma once

#include "platform/network/weighted_layers.hpp"
#include "platform/reproduce/measured.hpp"
#include "platform/reproduce/trained.hpp"

#include <cmath>
#include <functional>
#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace acf::platform {

inline constexpr const char* ours_instead = "our network and data in place of the published ones";

// What a finished training says.
class trained_run {
public:
  trained_run() = default;
  explicit trained_run(nlohmann::ordered_json report) : report_(std::move(report)) {}

  double figure(const char* name) const; // of summary or extra; nan: not there
  double accuracy() const { return figure("test_accuracy_percent"); }
  double energy_per_product() const; // microjoules of each product of the dense network
  double area_mm2() const { return figure("area_mm2"); }

  struct phase {
    double products = 0; // cycles of executed products at full lanes
    double compute = 0;  // with what the engine's lanes lose
    double achieved = 0; // with what the engine waits for
    phase& operator+=(const phase& p) {
      products += p.products, compute += p.compute, achieved += p.achieved;
      return *this;
    }
  };
  phase of(const std::string& name) const;

  struct microjoules {
    double core = 0, sram = 0, mesh = 0, dram = 0;
    double chip() const { return core + sram + mesh; }
    double all() const { return chip() + dram; }
  };
  microjoules energy(const std::string& name) const; // of a phase
  microjoules energy() const;                        // of the whole training

  double achieved() const; // cycles of the whole training, and of all phases whose names end so
  double achieved_of(std::string_view ending) const;
  // Of the whole training: cycles in which matrix engines wait, by what for ("vector", "dram", ...).
  std::map<std::string, double> waits() const;
  // Of all units of this kind, share of the cycles in which they are busy.
  double busy_percent(std::string_view unit) const;

  // One of the curves, by stretch; nan where there is nothing.
  std::vector<double> curve(const char* name) const;
  // Mean over the training of the zeros of the gradients that layer `name` reads, in percent; nan: there is no such
  // layer.
  double gradient_zeros_percent(const std::string& layer) const;

private:
  nlohmann::ordered_json report_;
};

// Numbers, from 1 on, of the layers that BDWP leaves dense as it was published: the first, and those whose inputs or
// outputs, which are pruned in groups of `group`, are no multiple of it.
std::vector<std::uint32_t> stay_dense(const std::vector<weighted_layer>& layers, std::uint32_t group);

// Where the cycles of a training go in which the layers `dense` are not pruned.
struct spent_cycles {
  double all = 0;
  double pruned = 0, dense_layers = 0, weight_gradients = 0; // in products: forward and input gradients, and the rest
  std::map<std::string, double> waits;
  double products() const { return pruned + dense_layers + weight_gradients; }
  // Speed-up of everything if products of pruned layers take 1 / `factor` of their time, and all else its own.
  double amdahl(double factor) const { return all / (all - pruned + pruned / factor); }
};
spent_cycles cycles_spent(const trained_run& r, const std::vector<weighted_layer>& layers,
                          const std::vector<std::uint32_t>& dense);

// A curve of one value a stretch, over its first tenth, the tenth in its middle, and its last.
struct course {
  double early = 0, half = 0, late = 0;
  double rise_noise = 0, fall_noise = 0; // two standard errors of half - early and of half - late
  bool rises() const { return half - early > rise_noise; }
  bool falls() const { return half - late > fall_noise; }
  // Neither beyond what single stretches differ by.
  bool undecided() const { return std::abs(half - early) <= rise_noise || std::abs(half - late) <= fall_noise; }
};
course course_of(const std::vector<double>& curve);

class trainings {
public:
  trainings(const config& the_config, const trainer& the_trainer, measurements& results);

  std::string csv;            // a line for each training
  std::string surface_points; // of real tensors, for the surface of density and clustering

  void spartann();
  void tensordash();
  void sat();
  void acf();

private:
  const config& c;
  const trainer& train;
  measurements& out;
  const std::vector<weighted_layer> layers;
  trained_run every_product; // of the dense training on SparTANN: nothing is bypassed

  trained_run go(const std::string& name, const char* engine, const char* recipe,
                 const std::function<void(config&)>& change);
  // A network in the folder of the scenario's; empty: there is none of this name.
  std::string beside(const char* file) const;
  // Two standard errors of a difference of two accuracies, in points, as samples of the test set; 0: not known.
  double noise_of(double percent, double other) const;
  double samples_tested() const; // 0: all of a set of the user's own, how many is not known here
  // Of the gradient that the weight gradient reads: SparTANN bypasses its zeros, and no others.
  double density(const weighted_layer& l, const trained_run& r) const;
  // Sum over both products backwards of all convolutions.
  double backward(const std::function<double(const std::string& phase)>& get) const;
  // Rows of a job whose training cannot be set up stay without a figure, and say why.
  void attempt(std::initializer_list<const char*> ids, const std::function<void()>& job);
  void gradients_with_zeros();
  void pruned_weights();
  void natural_zeros();
  void no_zeros_at_all();
  void speed_of_bdwp();
  void accuracy_of_bdwp();
  void regrowth_periods();
  void patterns();
  void projections();
  void accuracy_of_blocks();
};

} // namespace acf::platform
