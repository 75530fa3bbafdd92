// SPDX-License-Identifier: Apache-2.0
//
// One look at everything: what `souk doctor` prints and GET /api/v1/doctor answers.
#pragma once

#include "app/doctor/checks.h"

namespace souk::app {

struct Look {
  bool verify = false;  // reads every byte
  std::function<void(std::int64_t done, std::int64_t all)> progress;
  // In a server, which is there and knows whether it is ready; bounds how long others wait for the bytes.
  std::optional<std::string> url;
  std::function<Status()> ready;
  std::optional<std::chrono::seconds> patience;
};

Diagnosis diagnose(const Settings& settings, const Look& look);

}  // namespace souk::app
