// Trainings of the scenario's network on the machines of the papers, and the rows that they give.
#pragma once

#include "platform/reproduce/measured.hpp"
#include "platform/reproduce/trained.hpp"

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
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

  // One of the curves, by stretch; nan where there is nothing.
  std::vector<double> curve(const char* name) const;
  // Mean over the training of the zeros of the gradients that layer `name` reads, in percent; nan: there is no such
  // layer.
  double gradient_zeros_percent(const std::string& layer) const;

private:
  nlohmann::ordered_json report_;
};

struct trained_layer {
  std::string name;
  bool convolution = false;
};

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
  const std::vector<trained_layer> layers;
  trained_run every_product; // of the dense training on SparTANN: nothing is bypassed

  trained_run go(const std::string& name, const char* engine, const char* recipe,
                 const std::function<void(config&)>& change);
  // Of the gradient that the weight gradient reads: SparTANN bypasses its zeros, and no others.
  double density(const trained_layer& l, const trained_run& r) const;
  // Sum over both products backwards of all convolutions.
  double backward(const std::function<double(const std::string& phase)>& get) const;
  void regrowth_periods();
  void patterns();
  void projections();
};

} // namespace acf::platform
