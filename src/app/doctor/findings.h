// SPDX-License-Identifier: Apache-2.0
//
// What `souk doctor` found: of each thing it looked at, whether it is well, and if not how to put it right.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "api/native/server/care.h"
#include "base/result.h"

namespace souk::app {

using api::native::Diagnosis;
using api::native::Finding;
using Verdict = api::native::FindingVerdict;

class Findings {
 public:
  void ok(std::string check, std::string found) { add({std::move(check), Verdict::OK, std::move(found), {}}); }
  void warn(std::string check, std::string found, std::string fix) {
    add({std::move(check), Verdict::WARNING, std::move(found), std::move(fix)});
  }
  void wrong(std::string check, std::string found, std::string fix) {
    add({std::move(check), Verdict::WRONG, std::move(found), std::move(fix)});
  }
  // The error's own hint, or `fix` where it has none.
  void wrong(std::string check, const Error& error, std::string fix) {
    wrong(std::move(check), error.describe(), error.hint.empty() ? std::move(fix) : error.hint);
  }
  const std::vector<Finding>& all() const { return all_; }
  Verdict worst() const {
    Verdict worst = Verdict::OK;
    for (const Finding& one : all_) worst = std::max(worst, one.verdict);
    return worst;
  }

 private:
  void add(Finding finding) { all_.push_back(std::move(finding)); }
  std::vector<Finding> all_;
};

}  // namespace souk::app
