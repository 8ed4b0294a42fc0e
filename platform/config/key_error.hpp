// A value that suits its key but not the rest of what is to be done, found when that is prepared. Commands say it where
// the key was given.
#pragma once

#include "platform/config/input_error.hpp"

#include <utility>
#include <vector>

namespace acf::platform {

struct key_error : input_error {
  // The first of the keys that was given is the one to name; of none the first.
  key_error(std::vector<std::string> of, std::string what_is_wrong)
      : input_error("key '" + of.front() + "': " + what_is_wrong),
        keys(std::move(of)),
        text(std::move(what_is_wrong)) {}

  std::vector<std::string> keys;
  std::string text;
};

} // namespace acf::platform
