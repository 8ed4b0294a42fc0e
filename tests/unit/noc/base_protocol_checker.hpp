// Sits between an initiator and a target and holds both to the rules of the TLM-2.0 base protocol (IEEE 1666, 15.2):
//   BEGIN_REQ -> END_REQ -> BEGIN_RESP -> END_RESP for each payload, no step twice, none left out but END_REQ before
//   BEGIN_RESP; one request and one response under way at a time; a response status before BEGIN_RESP.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

namespace acf::test {

class base_protocol_checker : public sc_core::sc_module {
public:
  tlm_utils::simple_target_socket<base_protocol_checker> in{"in"};
  tlm_utils::simple_initiator_socket<base_protocol_checker> out{"out"};
  std::vector<std::string> complaints;
  std::uint64_t completed = 0;

  explicit base_protocol_checker(sc_core::sc_module_name name) : sc_module(name) {
    in.register_nb_transport_fw(this, &base_protocol_checker::forward);
    in.register_b_transport(this, &base_protocol_checker::blocking);
    out.register_nb_transport_bw(this, &base_protocol_checker::backward);
  }
  bool quiet() const { return under_way_.empty(); }

private:
  enum step { begin_req, end_req, begin_resp };

  void expect(bool ok, const char* what) {
    if (!ok) complaints.push_back(std::string(what) + " at " + sc_core::sc_time_stamp().to_string());
  }
  void blocking(tlm::tlm_generic_payload& p, sc_core::sc_time& delay) { out->b_transport(p, delay); }

  // What follows from a phase, whoever said it.
  void take(tlm::tlm_generic_payload& p, const tlm::tlm_phase& phase) {
    if (phase == tlm::BEGIN_REQ) {
      expect(!requesting_, "BEGIN_REQ while another request has no END_REQ");
      expect(under_way_.emplace(&p, begin_req).second, "BEGIN_REQ of a payload that is under way");
      requesting_ = true;
      return;
    }
    const auto known = under_way_.find(&p);
    if (known == under_way_.end()) return expect(false, "a phase of a payload that is not under way");
    auto& s = known->second;
    if (phase == tlm::END_REQ) {
      expect(s == begin_req, "END_REQ twice");
      s = end_req;
      requesting_ = false;
    } else if (phase == tlm::BEGIN_RESP) {
      expect(s != begin_resp, "BEGIN_RESP twice");
      expect(!responding_, "BEGIN_RESP while another response has no END_RESP");
      expect(p.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE, "BEGIN_RESP without a status");
      if (s == begin_req) requesting_ = false; // END_REQ is implied
      s = begin_resp;
      responding_ = true;
    } else {
      expect(s == begin_resp, "END_RESP before BEGIN_RESP");
      responding_ = false;
      end(p);
    }
  }
  void end(tlm::tlm_generic_payload& p) {
    under_way_.erase(&p);
    ++completed;
  }
  tlm::tlm_sync_enum result(tlm::tlm_generic_payload& p, const tlm::tlm_phase& phase, tlm::tlm_sync_enum state) {
    if (state == tlm::TLM_UPDATED) take(p, phase);
    if (state == tlm::TLM_COMPLETED && under_way_.contains(&p)) {
      if (under_way_.at(&p) == begin_req) requesting_ = false;
      responding_ = false;
      end(p);
    }
    return state;
  }
  tlm::tlm_sync_enum forward(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    expect(phase == tlm::BEGIN_REQ || phase == tlm::END_RESP, "a phase of the other direction");
    take(p, phase);
    const bool ended = phase == tlm::END_RESP;
    const auto state = out->nb_transport_fw(p, phase, delay);
    return ended ? state : result(p, phase, state);
  }
  tlm::tlm_sync_enum backward(tlm::tlm_generic_payload& p, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    expect(phase == tlm::END_REQ || phase == tlm::BEGIN_RESP, "a phase of the other direction");
    take(p, phase);
    return result(p, phase, in->nb_transport_bw(p, phase, delay));
  }

  std::map<const tlm::tlm_generic_payload*, step> under_way_;
  bool requesting_ = false, responding_ = false;
};

} // namespace acf::test
