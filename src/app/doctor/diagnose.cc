// SPDX-License-Identifier: Apache-2.0
#include "app/doctor/diagnose.h"

namespace souk::app {

void check_self(const std::string& url, const Status& ready, Findings& out) {
  out.ok("address", "this souk answers at " + url);
  if (ready) return out.ok("server.ready", "everything that is wanted runs");
  out.wrong("server.ready", "not everything that is wanted runs: " + ready.error().describe(),
            "souk deployment list tells what; souk logs DEPLOYMENT tells why");
}

Diagnosis diagnose(const Settings& settings, const Look& look) {
  const auto begun = std::chrono::steady_clock::now();
  Diagnosis diagnosis;
  diagnosis.time = now();
  Logger silent(Logger::Level::off);
  Metrics metrics;
  const auto progress = look.progress ? look.progress : [](std::int64_t, std::int64_t) {};
  Patient patient{settings, look.verify, silent, metrics, nullptr, nullptr, progress, look.patience};
  Findings findings;
  check_machine(patient, findings);
  check_disk(patient, findings);
  check_database(patient, findings);
  check_bytes(patient, findings);
  if (look.url) {
    check_self(*look.url, look.ready(), findings);
  } else {
    check_address(patient, findings);
  }
  diagnosis.verdict = findings.worst();
  diagnosis.findings = findings.all();
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
  diagnosis.seconds = static_cast<double>(took.count()) / 1000;
  return diagnosis;
}

}  // namespace souk::app
